"""The two layouts of a tower's parameters, and the way from one to the other.

Unrolled: `encoder/layers_3/mlp/wo/kernel` [F, D], one array a block.
Scanned: `encoder/layers/mlp/wo/kernel` [L, F, D], the blocks stacked.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from pali_tf.errors import UserError

_UNROLLED = re.compile(r"(?P<tower>(?:.*/)?layers)_(?P<index>\d+)/(?P<rest>.+)")
_SCANNED = re.compile(r"(?P<tower>(?:.*/)?layers)/(?P<rest>.+)")


def scanned_place(path: str) -> tuple[str, int | None]:
    """Gives where the scanned layout has an array of the unrolled one.

    The block is None where both layouts have the same path.

    Example: "encoder/layers_3/mlp/wo/kernel" ->
        ("encoder/layers/mlp/wo/kernel", 3).
    """
    match = _UNROLLED.fullmatch(path)
    if match is None:
        return path, None
    return f"{match['tower']}/{match['rest']}", int(match["index"])


def stack_layers(
    values: Mapping[str, Any], where: Callable[[str], bool] = lambda path: True
) -> dict[str, Any]:
    """Gives the scanned layout; what has it already stays as it is.

    `where` tells of a scanned path whether it is wanted.

    Raises:
        UserError: a block is missing in a tower.

    Example: {"layers_0/scale": [D], "layers_1/scale": [D]} ->
        {"layers/scale": [2, D]}.
    """
    stacked: dict[str, Any] = {}
    blocks: dict[str, dict[int, Any]] = {}
    for path, value in values.items():
        match = _UNROLLED.fullmatch(path)
        name = f"{match['tower']}/{match['rest']}" if match else path
        if match and where(name):
            blocks.setdefault(name, {})[int(match["index"])] = value
        else:
            stacked[path] = value
    return stacked | {name: _stack(name, of) for name, of in blocks.items()}


def _stack(name: str, blocks: Mapping[int, Any]) -> Any:
    for i in range(len(blocks)):
        if i not in blocks:
            raise UserError(
                f"{name} cannot be stacked: of the blocks {sorted(blocks)}, "
                f"block {i} is missing."
            )
    in_order = [blocks[i] for i in range(len(blocks))]
    is_numpy = all(isinstance(value, np.ndarray) for value in in_order)
    return np.stack(in_order) if is_numpy else jnp.stack(in_order)


def unstack_layers(
    values: Mapping[str, Any], where: Callable[[str], bool] = lambda path: True
) -> dict[str, Any]:
    """Gives the unrolled layout; what has it already stays as it is.

    `where` tells of an unrolled path whether it is wanted. The blocks of NumPy
    arrays are views.

    Example: {"layers/scale": [2, D]} ->
        {"layers_0/scale": [D], "layers_1/scale": [D]}.
    """
    unrolled: dict[str, Any] = {}
    for path, value in values.items():
        match = _SCANNED.fullmatch(path)
        names = (
            [
                f"{match['tower']}_{i}/{match['rest']}"
                for i in range(value.shape[0])
            ]
            if match
            else []
        )
        if any(where(name) for name in names):
            unrolled.update(zip(names, value, strict=True))
        else:
            unrolled[path] = value
    return unrolled
