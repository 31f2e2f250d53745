"""The parameters of a run as a table: shapes, counts, bytes, what trains."""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from pali_tf.training.freezing import Split

_BLOCK = re.compile(r"(^|/)layers_\d+/")


@dataclasses.dataclass(frozen=True)
class Row:
    """One parameter, or the same parameter of each block of a tower.

    Attributes:
        path: with `layers_{}` for the blocks of an unrolled tower.
        shape: of one of them.
        arrays: how many there are.
        dtype: as a run holds it.
        trains: whether it gets a gradient.
        logical_axes: one name, or None, for each dimension.
    """

    path: str
    shape: tuple[int, ...]
    arrays: int
    dtype: str
    trains: bool
    logical_axes: tuple[str | None, ...]

    @property
    def numbers(self) -> int:
        """How many numbers all of them hold."""
        return self.arrays * math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """How many bytes all of them take."""
        return self.numbers * np.dtype(self.dtype).itemsize


def make_rows(
    specs: Mapping[str, Any], split: Split, frozen_dtype: str
) -> list[Row]:
    """Makes the rows of a model, in the order of its tree.

    Equal parameters of several blocks share a row.
    """
    trainable = set(split.trainable)
    rows: dict[str, Row] = {}
    for path in sorted(specs, key=_tree_order):
        spec, name = specs[path], _BLOCK.sub(r"\1layers_{}/", path)
        if name in rows:
            rows[name] = dataclasses.replace(
                rows[name], arrays=rows[name].arrays + 1
            )
        else:
            trains = path in trainable
            rows[name] = Row(
                path=name,
                shape=tuple(spec.shape),
                arrays=1,
                dtype=spec.dtype if trains else frozen_dtype,
                trains=trains,
                logical_axes=spec.logical_axes,
            )
    return list(rows.values())


_ORDER = ("vision", "connector", "token_embedder", "encoder", "decoder")


def _tree_order(path: str) -> int:
    root = path.split("/")[0]
    return _ORDER.index(root) if root in _ORDER else len(_ORDER)


def format_rows(rows: list[Row]) -> str:
    """Formats the rows as a table, with a line for each part of the tree."""
    width = max(len(row.path) for row in rows) + 2
    lines = [
        f"{'parameter':<{width}} {'shape':<22} {'arrays':>6} "
        f"{'numbers':>16} {'bytes':>9}  type      role    axes"
    ]
    for root in dict.fromkeys(row.path.split("/")[0] for row in rows):
        part = [row for row in rows if row.path.split("/")[0] == root]
        lines.append(
            f"{root + '/':<{width}} {'':<22} "
            f"{sum(row.arrays for row in part):>6} "
            f"{sum(row.numbers for row in part):>16,} "
            f"{format_bytes(sum(row.bytes for row in part)):>9}"
        )
        lines += [
            f"  {row.path:<{width - 2}} {row.shape!s:<22} {row.arrays:>6} "
            f"{row.numbers:>16,} {format_bytes(row.bytes):>9}  {row.dtype:<9} "
            f"{'trains' if row.trains else 'frozen':<7} "
            f"{', '.join(str(axis) for axis in row.logical_axes)}"
            for row in part
        ]
    return "\n".join(lines)


def format_bytes(count: float) -> str:
    """1536 -> "1.5 KiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.1f} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1024
    return f"{count:.1f} TiB"
