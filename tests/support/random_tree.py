"""Parameters of a small model of ours, and checkpoints made of arrays."""

import pathlib
from collections.abc import Iterator, Mapping

import numpy as np

from pali_tf.conversion.array_parts import Region, region_shape, split, whole
from pali_tf.conversion.formats import FORMATS
from pali_tf.conversion.tensor import Source, Tensor
from pali_tf.conversion.tree import PARTS

# Values of the axis letters, all different where the model lets them.
AXES = {
    "V": 37,
    "D": 12,
    "J": 10,
    "N": 2,
    "R": 32,
    "F": 20,
    "X": 27,
    "P": 9,
    "Dv": 8,
    "Fv": 18,
    "C": 5,
    "1": 1,
}
LAYERS = {"encoder": 3, "decoder": 2, "vision": 2}
# Of the vision tower.
NUM_HEADS = 4


def make_tree(*parts: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Random float32 values for parts of the tree, unrolled."""
    rng = np.random.default_rng(seed)
    tree = {}
    for part in parts:
        for pattern, axes in PARTS[part].items():
            shape = tuple(AXES[axis] for axis in axes.split())
            count = LAYERS[pattern.split("/")[0]] if "{}" in pattern else 1
            for layer in range(count):
                values = rng.standard_normal(shape).astype(np.float32)
                tree[pattern.format(layer)] = values
    return tree


def tensor_of(array: np.ndarray, rows: int = 5) -> Tensor:
    """An array as a store is given it, in pieces of a few rows."""
    regions = [whole(array.shape)]
    if array.ndim:
        elements = rows * array[:1].size
        regions = list(split(array.shape, 0, elements))

    def pieces() -> Iterator[tuple[Region, np.ndarray]]:
        for region in regions:
            yield region, array[region]

    return Tensor(array.shape, array.dtype, region_shape(regions[0]), pieces)


def write(
    path: pathlib.Path,
    format_name: str,
    arrays: Mapping[str, np.ndarray],
    rows: int = 5,
) -> None:
    """Writes arrays under the names that they have here."""
    tensors = {name: tensor_of(array, rows) for name, array in arrays.items()}
    FORMATS[format_name].container.write(path, tensors, {})


def read_all(source: Source) -> dict[str, np.ndarray]:
    """Reads every array of a checkpoint."""
    return {
        name: source.read(name, whole(info.shape))
        for name, info in source.infos.items()
    }


def assert_equal(
    one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]
) -> None:
    """Compares names, types and values."""
    assert set(one) == set(other)
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        np.testing.assert_array_equal(array, other[name], err_msg=name)
