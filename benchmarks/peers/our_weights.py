"""Our weights, whichever backend computes with them."""

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


def make_weights(
    folder: str | None, parameters: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Gives the weights by our paths.

    `folder` has what the peer has drawn, which is read by the converter, as a
    user would; None: there is no peer.
    """
    if folder is None:
        rng = np.random.default_rng(0)
        return {
            path: rng.standard_normal(spec.shape, dtype=np.float32) / 50
            for path, spec in parameters.items()
        }
    place = pathlib.Path(folder)
    values = _read_part(place / workload.VISION, only="vision")
    values |= _read_part(place / workload.LANGUAGE)
    values["connector/kernel"] = np.load(place / workload.CONNECTOR)
    return values


def _read_part(path: pathlib.Path, only: str = "") -> dict[str, np.ndarray]:
    _, source, name_map = open_source(path, None, Allowed())
    found = find_parameters(source, name_map, sizes=Sizes(), only=only)
    return {
        name: found.read(name, whole(shape))
        for name, shape in found.shapes.items()
    }
