"""Our parameters through a name map: the arrays of a target, unwritten."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator

import ml_dtypes
import numpy as np

from pali_tf.conversion.array_parts import (
    Region,
    Shape,
    region_shape,
    split,
    whole,
)
from pali_tf.conversion.name_map import Link, NameMap
from pali_tf.conversion.problems import Allowed, ConversionError
from pali_tf.conversion.reading import PIECE_BYTES, Parameters
from pali_tf.conversion.tensor import Tensor
from pali_tf.errors import UserError, nearest

# What a model of ours can be computed in; float16 overflows in mT5.
DTYPES: dict[str, np.dtype] = {
    "float32": np.dtype(np.float32),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}
_TILE = 128
_MATRIX = 2


@dataclasses.dataclass(frozen=True)
class Target:
    """An array of a target and what goes into it.

    Attributes:
        name: theirs.
        links: ours that it holds: one, or one a layer or part.
    """

    name: str
    links: tuple[Link, ...]
    tensor: Tensor


def plan_targets(
    parameters: Parameters,
    name_map: NameMap,
    *,
    dtype: np.dtype | None,
    allowed: Allowed,
    on_bytes: Callable[[int], object],
) -> list[Target]:
    """Plans every array of a target, in the order the source is read best.

    Args:
        parameters: ours.
        name_map: how the target names them.
        dtype: of all arrays; None: as each is stored.
        allowed: paths that may have no place in the target.
        on_bytes: told the size of each piece as it is handed out.

    Raises:
        ConversionError: a parameter without a place in the target, or a type
            that it cannot have.
    """
    problems = []
    groups: dict[str, list[Link]] = {}
    for path in parameters.links:
        link = name_map.from_ours(path)
        if link is not None:
            groups.setdefault(link.theirs, []).append(link)
        elif not allowed(path):
            known = {rule.ours: None for rule in name_map.rules}
            problems.append(
                f"{path} has no place in {name_map.name}{nearest(path, known)}"
            )
    targets = []
    for name, links in groups.items():
        links.sort(key=lambda link: (link.rule.part or (link.layer or 0,))[0])
        try:
            targets.append(_plan(parameters, name, links, dtype, on_bytes))
        except UserError as error:
            problems.append(f"{name!r}: {error}.")
    if problems:
        raise ConversionError("The target cannot be written:", problems)
    return targets


def _plan(
    parameters: Parameters,
    name: str,
    links: list[Link],
    dtype: np.dtype | None,
    on_bytes: Callable[[int], object],
) -> Target:
    stored = {parameters.dtype(link.ours) for link in links}
    if dtype is None and len(stored) > 1:
        raise UserError(
            f"the arrays that it joins have types {sorted(map(str, stored))}; "
            "choose one with --dtype"
        )
    dtype = dtype or stored.pop()
    if dtype.name not in DTYPES:
        raise UserError(
            f"it is stored as {dtype.name}; choose --dtype, one of "
            f"{list(DTYPES)}"
        )
    first = links[0]
    one = first.rule.transform.theirs_shape(
        parameters.shapes[first.ours], parameters.sizes
    )
    shape = first.theirs_shape(one, _num_layers(parameters, links))

    def pieces() -> Iterator[tuple[Region, np.ndarray]]:
        for link in links:
            for region in _split(parameters, link, dtype.itemsize):
                values = link.rule.transform.to_theirs(
                    parameters.read(link.ours, region), parameters.sizes
                )
                if link.layer is not None:
                    values = np.expand_dims(values, link.rule.layers_axis)
                values = _in_c_order(values, dtype)
                on_bytes(values.nbytes)
                for place in _repeat(link, link.place(shape, region), shape):
                    yield place, values

    parts = _split(parameters, first, dtype.itemsize)
    largest = first.place(shape, next(parts))
    tensor = Tensor(shape, dtype, region_shape(largest), pieces)
    return Target(name, tuple(links), tensor)


def _in_c_order(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Copies to C order and a type, a transposed matrix tile by tile.

    Row by row, each value of a column costs a line of the cache; tiles are
    five times as fast.
    """
    if values.ndim != _MATRIX or values.flags.c_contiguous:
        return np.ascontiguousarray(values, dtype)
    copy = np.empty(values.shape, dtype)
    for i, j in itertools.product(
        *(range(0, size, _TILE) for size in values.shape)
    ):
        tile = (slice(i, i + _TILE), slice(j, j + _TILE))
        copy[tile] = values[tile]
    return copy


def _num_layers(parameters: Parameters, links: list[Link]) -> int:
    if not links[0].rule.repeated:
        return len(links)
    stack = links[0].ours.split("/")[0]
    return sum(
        path.startswith(f"{stack}/layers_") and path.endswith("mlp/wo/kernel")
        for path in parameters.links
    )


def _split(
    parameters: Parameters, link: Link, itemsize: int
) -> Iterator[Region]:
    """Cuts a parameter as both its reader and its writer can."""
    shape = parameters.shapes[link.ours]
    axis = parameters.links[link.ours].rule.transform.row_axis
    if axis is None or link.rule.transform.row_axis is None:
        yield whole(shape)
    else:
        yield from split(shape, axis, PIECE_BYTES // itemsize)


def _repeat(link: Link, place: Region, shape: Shape) -> Iterator[Region]:
    if not link.rule.repeated:
        yield place
        return
    axis = link.rule.layers_axis
    for layer in range(shape[axis]):
        yield (*place[:axis], slice(layer, layer + 1), *place[axis + 1 :])
