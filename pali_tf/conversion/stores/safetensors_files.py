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
import pathlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import ml_dtypes
import numpy as np
from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.conversion.array_parts import Region, runs
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
SHARD_BYTES = 5_000_000_000


class SafetensorsSource:
    """Reads a file, or a folder of shards.

    Args:
        path: `*.safetensors`, `*.safetensors.index.json` or their folder.

    Raises:
        UserError: a damaged file, with its name and the array's.
        MissingFileError: a shard is missing.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = files.as_path(path)
        self.note = ""
        self.infos: dict[str, TensorInfo] = {}
        self._offsets: dict[str, int] = {}
        is_file = self.path.is_file()
        index = self.path if is_file else self.path / INDEX_NAME
        if not index.name.endswith(".index.json"):
            self._add(self.path)
        elif index.is_file():
            self._add_indexed(index)
        else:
            self._add(self.path / _FILE_NAME)

    def _add_indexed(self, index: Path) -> None:
        places = json_files.read(index)["weight_map"]
        shards = sorted(set(places.values()))
        missing = [n for n in shards if not (index.parent / n).is_file()]
        if missing:
            raise MissingFileError(
                f"{index} names {len(shards)} shards; not there: "
                f"{', '.join(missing)}."
            )
        for shard in shards:
            self._add(index.parent / shard)
        for name, shard in places.items():
            if name not in self.infos or self.infos[name].file.name != shard:
                raise UserError(
                    f"{index} says that {name!r} is in {shard}; it is not."
                )

    def _add(self, file: Path) -> None:
        size = file.stat().length
        header, start = _read_header(file, size)
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

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        return self.infos[name].read(name, self._offsets[name], region)


def _read_header(file: Path, size: int) -> tuple[dict[str, Any], int]:
    left = size - 8
    length = 0
    if left >= 0:
        (length,) = struct.unpack("<Q", files.read_range(file, 0, 8))
    if not 2 <= length <= min(left, _MAX_HEADER_BYTES):
        raise UserError(
            f"{file} is no safetensors file, or truncated: its first eight "
            f"bytes promise a header of {length} bytes, and {max(left, 0)} "
            "follow."
        )
    try:
        return json.loads(files.read_range(file, 8, length)), 8 + length
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} is no safetensors file: its header is not JSON ({error})."
        ) from error


def _tensor_info(file: Path, name: str, entry: dict[str, Any]) -> TensorInfo:
    if entry["dtype"] not in _DTYPES:
        raise UserError(
            f"{file}: {name!r} has type {entry['dtype']}, which is not one of "
            f"{sorted(_DTYPES)}."
        )
    return TensorInfo(tuple(entry["shape"]), _DTYPES[entry["dtype"]], file)


def write_safetensors(
    path: pathlib.Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, object],
    *,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Writes a folder, sharded where it is large, or one `*.safetensors`.

    Args:
        path: on a disk; a folder, unless its name has the suffix.
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


def _write_file(path: pathlib.Path, tensors: Mapping[str, Tensor]) -> None:
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
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        file.truncate(8 + len(encoded) + end)
        for name, tensor in tensors.items():
            start = 8 + len(encoded) + header[name]["data_offsets"][0]
            for region, values in tensor.pieces():
                left = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
                itemsize = values.dtype.itemsize
                for offset, length in runs(tensor.shape, region):
                    file.seek(start + offset * itemsize)
                    file.write(left[: length * itemsize].data)
                    left = left[length * itemsize :]
        file.flush()
        os.fsync(file.fileno())
