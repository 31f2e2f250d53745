"""A checkpoint of any format that `pali convert` reads, in memory."""

import pathlib

import numpy as np

from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import find_parameters


def read_checkpoint(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Gives the unrolled tree; every array of the file must be used."""
    _, source, name_map = open_source(path, None, Allowed())
    found = find_parameters(source, name_map)
    return {
        name: np.ascontiguousarray(found.read(name, whole(shape)))
        for name, shape in found.shapes.items()
    }
