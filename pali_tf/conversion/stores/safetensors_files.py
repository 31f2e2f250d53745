"""safetensors: one file, or shards with an index.

The header is JSON with each array's offsets, so that reading and writing are
plain positioned reads and writes: no page of the file is mapped, and a table
of any size passes in slices. The package safetensors is not used: a slice of
its keeps the file mapped, or reads the whole array, and what it writes must be
in memory as a whole (docs/adr/0015-what-we-write-ourselves.md).

Source: github.com/huggingface/safetensors, README, "Format".
"""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from pali_tf import json_files
from pali_tf.conversion.array_parts import Region, Shape, region_shape, runs
from pali_tf.conversion.tensor import Tensor, TensorInfo
from pali_tf.errors import MissingFileError, UserError

INDEX_NAME = "model.safetensors.index.json"
_FILE_NAME = "model.safetensors"
_DTYPES: dict[str, np.dtype] = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "I64": np.dtype(np.int64),
    "I32": np.dtype(np.int32),
    "I8": np.dtype(np.int8),
    "U8": np.dtype(np.uint8),
    "BOOL": np.dtype(np.bool_),
}
_DTYPE_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
# Larger headers are refused by the reference implementation.
_MAX_HEADER_BYTES = 100_000_000
_SHARD_BYTES = 5_000_000_000


def find_files(path: Path) -> list[Path]:
    """Gives the files of a checkpoint: a file, or a folder with one or more.

    Raises:
        MissingFileError: a shard of the index is not there.
    """
    if path.is_file():
        if path.name.endswith(".index.json"):
            return _indexed(path)
        return [path]
    index = path / INDEX_NAME
    return _indexed(index) if index.is_file() else [path / _FILE_NAME]


def _read_index(index: Path) -> dict[str, str]:
    return json_files.read(index)["weight_map"]


def _indexed(index: Path) -> list[Path]:
    files = sorted(set(_read_index(index).values()))
    missing = [name for name in files if not (index.parent / name).is_file()]
    if missing:
        raise MissingFileError(
            f"{index} names {len(files)} shards; not there: "
            f"{', '.join(missing)}."
        )
    return [index.parent / name for name in files]


class SafetensorsSource:
    """Reads a file, or a folder of shards.

    Args:
        path: `*.safetensors`, `*.safetensors.index.json` or their folder.

    Raises:
        UserError: a damaged file, with its name and the array's.
        MissingFileError: a shard is missing.
    """

    def __init__(self, path: Path):
        self.path = path
        self.note = ""
        self.infos: dict[str, TensorInfo] = {}
        self._offsets: dict[str, int] = {}
        for file in find_files(path):
            self._add(file)
        index = path / INDEX_NAME if path.is_dir() else path
        if index.name.endswith(".index.json") and index.is_file():
            self._check_index(index)

    def _add(self, file: Path) -> None:
        header, start = _read_header(file)
        size = file.stat().st_size
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            info = _tensor_info(file, name, entry)
            begin, end = entry["data_offsets"]
            num_bytes = int(np.prod(info.shape, dtype=np.int64))
            if end - begin != num_bytes * info.dtype.itemsize:
                raise UserError(
                    f"{file}: {name!r} has {end - begin} bytes, its shape "
                    f"{info.shape} and type {entry['dtype']} ask for "
                    f"{num_bytes * info.dtype.itemsize}."
                )
            if start + end > size:
                raise UserError(
                    f"{file} is truncated: {name!r} ends at byte "
                    f"{start + end}, the file at {size}."
                )
            if name in self.infos:
                raise UserError(
                    f"{name!r} is in {self.infos[name].file} and in {file}."
                )
            self.infos[name] = info
            self._offsets[name] = start + begin

    def _check_index(self, index: Path) -> None:
        for name, file in _read_index(index).items():
            if name not in self.infos or self.infos[name].file.name != file:
                raise UserError(
                    f"{index} says that {name!r} is in {file}; it is not."
                )

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        info = self.infos[name]
        array = np.empty(region_shape(region), info.dtype)
        buffer = array.reshape(-1).view(np.uint8).data
        itemsize = info.dtype.itemsize
        done = 0
        with info.file.open("rb", buffering=0) as file:
            for offset, length in runs(info.shape, region):
                file.seek(self._offsets[name] + offset * itemsize)
                end = done + length * itemsize
                while done < end:
                    count = file.readinto(buffer[done:end])
                    if not count:
                        raise UserError(f"{info.file} ends inside {name!r}.")
                    done += count
        return array


def _read_header(file: Path) -> tuple[dict[str, Any], int]:
    with file.open("rb") as stream:
        size = stream.read(8)
        length = struct.unpack("<Q", size)[0] if len(size) == 8 else 0
        left = file.stat().st_size - 8
        if not 2 <= length <= min(left, _MAX_HEADER_BYTES):
            raise UserError(
                f"{file} is no safetensors file, or truncated: its first "
                f"eight bytes promise a header of {length} bytes, and "
                f"{max(left, 0)} follow."
            )
        try:
            return json.loads(stream.read(length)), 8 + length
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UserError(
                f"{file} is no safetensors file: its header is not JSON "
                f"({error})."
            ) from error


def _tensor_info(file: Path, name: str, entry: dict[str, Any]) -> TensorInfo:
    if entry["dtype"] not in _DTYPES:
        raise UserError(
            f"{file}: {name!r} has type {entry['dtype']}, which is not one of "
            f"{sorted(_DTYPES)}."
        )
    return TensorInfo(tuple(entry["shape"]), _DTYPES[entry["dtype"]], file)


def write_safetensors(
    path: Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, object],
    *,
    shard_bytes: int = _SHARD_BYTES,
) -> None:
    """Writes a folder, sharded where it is large, or one `*.safetensors`.

    Args:
        path: does not exist; a folder, unless its name has the suffix.
        tensors: what to write, by name.
        config: goes beside them as config.json, unless it is empty.
        shard_bytes: of a file, unless one array is larger.
    """
    if ".safetensors" in path.suffixes:
        _write_file(path, tensors)
        return
    path.mkdir(parents=True)
    shards = list(_shards(tensors, shard_bytes))
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        name = _FILE_NAME
        if len(shards) > 1:
            name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_file(path / name, shard)
        weight_map.update(dict.fromkeys(shard, name))
    if len(shards) > 1:
        total = sum(tensor.num_bytes for tensor in tensors.values())
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        json_files.write(path / INDEX_NAME, index)
    if config:
        json_files.write(path / "config.json", config)


def _shards(
    tensors: Mapping[str, Tensor], limit: int
) -> Iterator[dict[str, Tensor]]:
    shard: dict[str, Tensor] = {}
    size = 0
    for name, tensor in tensors.items():
        if shard and size + tensor.num_bytes > limit:
            yield shard
            shard, size = {}, 0
        shard[name] = tensor
        size += tensor.num_bytes
    yield shard


def _write_file(path: Path, tensors: Mapping[str, Tensor]) -> None:
    # "pt" is what PyTorch's readers, transformers among them, ask for.
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.num_bytes
        header[name] = {
            "dtype": _DTYPE_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with path.open("wb", buffering=0) as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        file.truncate(8 + len(encoded) + end)
        for name, tensor in tensors.items():
            start = 8 + len(encoded) + header[name]["data_offsets"][0]
            for region, values in tensor.pieces():
                _write_region(
                    file.fileno(), start, tensor.shape, region, values
                )
        os.fsync(file.fileno())


def _write_region(
    descriptor: int,
    start: int,
    shape: Shape,
    region: Region,
    values: np.ndarray,
) -> None:
    values = np.ascontiguousarray(values)
    buffer = values.reshape(-1).view(np.uint8).data
    itemsize = values.dtype.itemsize
    done = 0
    for offset, length in runs(shape, region):
        position = start + offset * itemsize
        end = done + length * itemsize
        while done < end:
            count = os.pwrite(descriptor, buffer[done:end], position)
            done += count
            position += count
