"""What stores read and write: arrays that are never in memory as a whole."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
from etils.epath import Path

from pali_tf import files
from pali_tf.conversion.array_parts import Region, Shape, region_shape, runs
from pali_tf.errors import UserError


@dataclasses.dataclass(frozen=True)
class TensorInfo:
    """Shape, type and file of a stored array."""

    shape: Shape
    dtype: np.dtype
    file: Path

    def read(self, name: str, start: int, region: Region) -> np.ndarray:
        """Reads a part of the array, whose values lie in C order.

        Args:
            name: of the array, for the message.
            start: the byte of the file at which it begins.
            region: the part.
        """
        size = self.dtype.itemsize
        try:
            parts = [
                files.read_range(
                    self.file, start + offset * size, length * size
                )
                for offset, length in runs(self.shape, region)
            ]
        except EOFError as error:
            raise UserError(f"{self.file} ends inside {name!r}.") from error
        return np.ndarray(region_shape(region), self.dtype, b"".join(parts))


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
        dtype: of the whole.
        piece_shape: of the largest piece; stores that keep chunks take it.
        pieces: gives (region, values) until the array is covered.
    """

    shape: Shape
    dtype: np.dtype
    piece_shape: Shape
    pieces: Callable[[], Iterator[tuple[Region, np.ndarray]]]

    def read(self) -> np.ndarray:
        """Gives all of it, in memory."""
        array = np.empty(self.shape, self.dtype)
        for region, values in self.pieces():
            array[region] = values
        return array

    @property
    def num_bytes(self) -> int:
        """Size of the values."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
