"""npz: a zip of arrays, as numpy.savez and big_vision write it.

An array that is stored without compression is read by its offset, so that one
layer of a stack costs one layer; a compressed one is unpacked as a whole.
"""

import pathlib
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
from etils.epath import Path

from pali_tf import files
from pali_tf.conversion.array_parts import Region
from pali_tf.conversion.tensor import Tensor, TensorInfo
from pali_tf.errors import UserError

_LOCAL_HEADER_BYTES = 30
# Of a bucket: enough for a header, and for what is unpacked as a whole.
_HEADER_BLOCK_BYTES = 64 << 10
_BLOCK_BYTES = 8 << 20
# What reading a damaged array ends with.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


class NpzSource:
    """Reads an `.npz`.

    Raises:
        UserError: a damaged file, with its name and the array's.
    """

    def __init__(self, path: Path):
        self.path = path
        self.note = ""
        self.infos: dict[str, TensorInfo] = {}
        # Where the values begin, for arrays that can be read by offset.
        self._starts: dict[str, int] = {}
        self._unpacked: tuple[str, np.ndarray] | None = None
        try:
            with (
                files.open_blocks(path, _HEADER_BLOCK_BYTES) as file,
                zipfile.ZipFile(file) as archive,
            ):
                for member in archive.infolist():
                    self._add(archive, member)
        except (zipfile.BadZipFile, EOFError) as error:
            raise UserError(
                f"{path} is no npz file, or truncated: {error}."
            ) from error

    def _add(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        name = member.filename.removesuffix(".npy")
        with archive.open(member) as stream:
            try:
                shape, fortran, dtype = _read_npy_header(stream)
            except _DAMAGES as error:
                raise UserError(f"{self.path}: {name!r}: {error}") from error
            header_bytes = stream.tell()
        if dtype.hasobject:
            raise UserError(
                f"{self.path}: {name!r} holds Python objects, which are not "
                "read."
            )
        # numpy stores bfloat16, which it does not know, as two raw bytes.
        if dtype == np.dtype("V2"):
            dtype = np.dtype(ml_dtypes.bfloat16)
        self.infos[name] = TensorInfo(shape, dtype, self.path)
        if member.compress_type == zipfile.ZIP_STORED and not fortran:
            self._starts[name] = _data_start(self.path, member) + header_bytes

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        if name not in self._starts:
            return self._unpack(name)[region]
        return self.infos[name].read(name, self._starts[name], region)

    def _unpack(self, name: str) -> np.ndarray:
        if self._unpacked is None or self._unpacked[0] != name:
            self._unpacked = None
            try:
                with (
                    files.open_blocks(self.path, _BLOCK_BYTES) as file,
                    np.load(file) as archive,
                ):
                    array = archive[name]
            except _DAMAGES as error:
                raise UserError(f"{self.path}: {name!r}: {error}") from error
            self._unpacked = (name, array.view(self.infos[name].dtype))
        return self._unpacked[1]


def _read_npy_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _data_start(path: Path, member: zipfile.ZipInfo) -> int:
    # The local header repeats the name and may have other extra fields than
    # the directory at the end, so its own lengths count.
    header = files.read_range(path, member.header_offset, _LOCAL_HEADER_BYTES)
    name_bytes = int.from_bytes(header[26:28], "little")
    extra_bytes = int.from_bytes(header[28:30], "little")
    return member.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes


def write_npz(
    path: pathlib.Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, object],
) -> None:
    """Writes an `.npz`, one whole array in memory at a time.

    `config` has no place in it.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, tensor in tensors.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(
                    stream, tensor.read(), allow_pickle=False
                )
