"""Our configuration and weights, whichever backend computes with them."""

import pathlib

import numpy as np

from benchmarks.peers import workload
from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import find_parameters
from pali_tf.conversion.transform import Sizes
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit.config import ViTConfig


def make_config(sizes: workload.Sizes) -> PaliConfig:
    """The sizes as our configuration."""
    return PaliConfig(
        vision=ViTConfig(
            patch_size=sizes.patch_size,
            width=sizes.width,
            depth=sizes.depth,
            mlp_dim=sizes.mlp_dim,
            num_heads=sizes.num_heads,
            image_size=sizes.image_size,
        ),
        language=MT5Config(
            vocab_size=sizes.vocab_size,
            emb_dim=sizes.emb_dim,
            num_heads=sizes.num_heads,
            num_encoder_layers=sizes.num_layers,
            num_decoder_layers=sizes.num_layers,
            head_dim=sizes.head_dim,
            mlp_dim=sizes.language_mlp_dim,
        ),
    )


def _read_part(path: pathlib.Path, only: str = "") -> dict[str, np.ndarray]:
    """Reads a checkpoint of Hugging Face's, by our paths."""
    _, source, name_map = open_source(path, None, Allowed())
    found = find_parameters(source, name_map, sizes=Sizes(), only=only)
    return {
        name: found.read(name, whole(shape))
        for name, shape in found.shapes.items()
    }


def read_weights(folder: str) -> dict[str, np.ndarray]:
    """Reads what the peer has drawn, by the converter, as a user would."""
    files = workload.Files(folder=pathlib.Path(folder))
    values = _read_part(files.vision, only="vision")
    values |= _read_part(files.language)
    values["connector/kernel"] = np.load(files.connector)
    return values


def make_batch(
    sizes: workload.Sizes, batch_size: int, length: int
) -> dict[str, np.ndarray]:
    """Makes the model features of a batch, `length` target tokens each."""
    made = workload.make_inputs(sizes, batch_size, length)
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
