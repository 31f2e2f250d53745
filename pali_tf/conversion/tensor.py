"""What stores read and write: arrays that are never in memory as a whole."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from pali_tf.conversion.array_parts import Region, Shape


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """Shape, type and file of a stored array."""

    shape: Shape
    dtype: np.dtype
    file: Path


class Source(Protocol):
    """A checkpoint that is read.

    Attributes:
        path: what was opened.
        infos: by the format's own names; known without reading the values.
        note: a line for the report about what is not read, or "".
    """

    path: Path
    infos: Mapping[str, TensorInfo]
    note: str

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        ...


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An array to be written.

    Attributes:
        shape: of the whole.
        dtype: of every piece.
        piece_shape: of the largest piece; stores that keep chunks take it.
        pieces: gives (region, values) until the array is covered.
    """

    shape: Shape
    dtype: np.dtype
    piece_shape: Shape
    pieces: Callable[[], Iterator[tuple[Region, np.ndarray]]]

    @property
    def num_bytes(self) -> int:
        """Size of the values."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


# Writes everything below a path that does not exist yet; the caller gives it
# its final name when all is there.
Writer = Callable[[Path, Mapping[str, Tensor], Mapping[str, object]], None]
