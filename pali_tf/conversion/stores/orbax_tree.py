"""orbax: our checkpoints, and T5X's since it saves through orbax.

    checkpoint_7/_CHECKPOINT_METADATA
    checkpoint_7/params/ or state/      one item: _METADATA names its leaves,
                                        all arrays lie in one key-value store
                                        (OCDBT), or one directory each

Reading goes through tensorstore: orbax restores whole trees. Writing goes
through orbax, with leaves that hand out their values piece by piece, so that
what it writes is by construction what it reads.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorstore as ts
from etils.epath import Path

from pali_tf import json_files
from pali_tf.conversion.array_parts import Region
from pali_tf.conversion.stores import zarr_array
from pali_tf.conversion.tensor import TensorInfo
from pali_tf.errors import UserError

# Which item holds parameters, and below which key.
_OURS = ("params", ())
_T5X = ("state", ("target",))
_AVERAGE = ("ema", ())


def _find_item(
    path: Path, use_ema: bool
) -> tuple[Path, tuple[str, ...]] | None:
    """Gives the item that holds parameters, and the keys above them."""
    for item, prefix in (_AVERAGE,) if use_ema else (_OURS, _T5X):
        if (path / item / "_METADATA").is_file():
            return path / item, prefix
    return None


class OrbaxSource:
    """Reads the parameters of an orbax checkpoint.

    Args:
        path: a `checkpoint_<step>` directory.
        use_ema: whether the moving average of what trained is read, alone.

    Raises:
        UserError: half written, or an array that is not there.
    """

    def __init__(self, path: Path, *, use_ema: bool = False):
        self.path = path
        found = _find_item(path, use_ema)
        if found is None or not _is_committed(path):
            raise UserError(
                f"{path} is half written: orbax has not noted its commit."
            )
        directory, prefix = found
        metadata = json_files.read(directory / "_METADATA")
        self._reader = zarr_array.ChunkReader()
        self._arrays: dict[str, ts.TensorStore] = {}
        self.infos: dict[str, TensorInfo] = {}
        others = 0
        for keys in _array_keys(metadata):
            if keys[: len(prefix)] != prefix:
                others += 1
                continue
            name = "/".join(keys[len(prefix) :])
            array = _open(directory, keys, metadata)
            self._arrays[name] = array
            self.infos[name] = TensorInfo(
                tuple(array.shape), zarr_array.array_dtype(array), directory
            )
        items = [
            child.name
            for child in sorted(path.iterdir())
            if child.is_dir() and child not in (directory, path / "progress")
        ]
        self.note = _note(others, items)

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        try:
            return self._reader.read(self._arrays[name], region)
        except ValueError as error:
            raise UserError(
                f"{self.infos[name].file}: {name!r} is incomplete: {error}"
            ) from error


def _is_committed(path: Path) -> bool:
    try:
        metadata = json.loads((path / "_CHECKPOINT_METADATA").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return bool(metadata.get("commit_timestamp_nsecs"))


def _note(num_others: int, items: Sequence[str]) -> str:
    parts = [f"item {item}" for item in items]
    if num_others:
        parts.append(f"the optimizer's state, {num_others} arrays")
    return f"Not read: {', '.join(parts)}." if parts else ""


def _array_keys(metadata: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        tuple(str(key["key"]) for key in leaf["key_metadata"])
        for leaf in metadata["tree_metadata"].values()
        if leaf["value_metadata"]["value_type"] in ("jax.Array", "np.ndarray")
    ]


def _open(
    directory: Path, keys: tuple[str, ...], metadata: Mapping[str, Any]
) -> ts.TensorStore:
    name = ".".join(keys)
    kvstore = zarr_array.key_value_store(directory / name)
    if (directory / "manifest.ocdbt").is_file():
        base = zarr_array.key_value_store(directory)
        kvstore = {"driver": "ocdbt", "base": base, "path": f"{name}/"}
    driver = "zarr3" if metadata.get("use_zarr3") else "zarr"
    return zarr_array.open_for_reading(
        directory, "/".join(keys), kvstore, driver=driver
    )
