"""Our weights and batches, whichever backend computes with them."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.peers import workload
from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import find_parameters
from pali_tf.conversion.transform import Sizes
from pali_tf.models.pali.config import PaliConfig


def make_weights(
    folder: str | None, parameters: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Gives the weights by our paths.

    Args:
        folder: where the peer has written what it has drawn, which is read by
            the converter, as a user would; None: there is no peer.
        parameters: what has a shape, by path.
    """
    if folder is None:
        rng = np.random.default_rng(0)
        return {
            path: rng.standard_normal(spec.shape, dtype=np.float32) / 50
            for path, spec in parameters.items()
        }
    files = workload.Files(folder=pathlib.Path(folder))
    values = _read_part(files.vision, only="vision")
    values |= _read_part(files.language)
    values["connector/kernel"] = np.load(files.connector)
    return values


def _read_part(path: pathlib.Path, only: str = "") -> dict[str, np.ndarray]:
    _, source, name_map = open_source(path, None, Allowed())
    found = find_parameters(source, name_map, sizes=Sizes(), only=only)
    return {
        name: found.read(name, whole(shape))
        for name, shape in found.shapes.items()
    }


def make_batch(
    config: PaliConfig, batch_size: int, length: int
) -> dict[str, np.ndarray]:
    """Makes the model features of a batch, `length` target tokens each."""
    made = workload.make_inputs(config, batch_size, length)
    return {
        "images": made["images"],
        "image_mask": np.ones(batch_size, bool),
        "encoder_input_tokens": made["prompts"],
        "decoder_input_tokens": np.pad(
            made["targets"][:, :-1], ((0, 0), (1, 0))
        ),
        "decoder_target_tokens": made["targets"],
        "decoder_loss_weights": np.ones((batch_size, length), np.float32),
    }
