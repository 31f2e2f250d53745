"""TFRecord's frames, read from any file and checked.

A frame is the data's length (8 bytes), its checksum (4), the data, and theirs.

Source: tensorflow/tensorflow tensorflow/core/lib/io/record_writer.h.
"""

import os
import struct
from collections.abc import Collection, Iterator
from typing import IO

import google_crc32c

_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")


class FrameError(ValueError):
    """What stands at a place of a file is no frame.

    Attributes:
        number: of the frame, counted from where reading began.
        place: where it begins in the file, in bytes.
    """

    def __init__(self, number: int, place: int, why: str) -> None:
        super().__init__(why)
        self.number, self.place = number, place


def read(
    file: IO[bytes], wanted: Collection[int] | None = None
) -> Iterator[tuple[int, int, bytes]]:
    """Yields (number, place, data) of the frames of a file.

    Args:
        file: where the first frame begins; read to its end.
        wanted: numbers of the frames to give, counted from 0; the data of
            others are not looked at. None: all.

    Raises:
        FrameError: a frame is damaged or lacks its end.
    """
    number = 0
    while header := file.read(_HEADER.size):
        place = file.tell() - len(header)
        if len(header) < _HEADER.size:
            raise FrameError(number, place, "it lacks its end")
        length, checksum = _HEADER.unpack(header)
        if _masked(header[:8]) != checksum:
            raise FrameError(number, place, "its length is damaged")
        if wanted is not None and number not in wanted:
            file.seek(length + _CHECKSUM.size, os.SEEK_CUR)
        else:
            data = file.read(length)
            end = file.read(_CHECKSUM.size)
            if len(end) < _CHECKSUM.size:
                raise FrameError(number, place, "it lacks its end")
            if _masked(data) != _CHECKSUM.unpack(end)[0]:
                raise FrameError(number, place, "its data are damaged")
            yield number, place, data
        number += 1


def frame(data: bytes) -> bytes:
    """Gives the frame of some data."""
    length = struct.pack("<Q", len(data))
    checksums = _CHECKSUM.pack(_masked(length)), _CHECKSUM.pack(_masked(data))
    return length + checksums[0] + data + checksums[1]


def _masked(data: bytes) -> int:
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
