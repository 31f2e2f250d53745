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
from collections.abc import Mapping
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.conversion.stores import zarr_array
from pali_tf.errors import UserError

# What holds parameters, and below which keys: an item of ours, and T5X's.
_PREFIXES = {"params": (), "ema": (), "state": ("target",)}


class OrbaxSource(zarr_array.ZarrSource):
    """Reads the parameters of an orbax checkpoint.

    Args:
        path: a `checkpoint_<step>` directory.
        use_ema: whether those that trained are read as their moving average.

    Raises:
        UserError: half written, or an array that is not there.
    """

    def __init__(self, path: Path, *, use_ema: bool = False):
        super().__init__(path)
        read = [
            item
            for item in _PREFIXES
            if (use_ema or item != "ema")
            and (path / item / "_METADATA").is_file()
        ]
        is_whole = "ema" in read if use_ema else bool(read)
        if not is_whole or not _is_committed(path):
            raise UserError(
                f"{path} is half written: orbax has not noted its commit."
            )
        parts = [
            f"item {child.name}"
            for child in files.children(path)
            if child.is_dir() and child.name not in (*read, "progress")
        ]
        # What is read later, the average, replaces what is there.
        others = sum(self._add_item(item) for item in read)
        if others:
            parts.append(f"the optimizer's state, {others} arrays")
        self.note = f"Not read: {', '.join(parts)}." if parts else ""

    def _add_item(self, item: str) -> int:
        """Opens the parameters of an item; gives how many arrays are others."""
        directory, prefix = self.path / item, _PREFIXES[item]
        metadata = json_files.read(directory / "_METADATA")
        is_ocdbt = (directory / "manifest.ocdbt").is_file()
        driver = "zarr3" if metadata.get("use_zarr3") else "zarr"
        keys_of_arrays = _array_keys(metadata)
        parameters = [k for k in keys_of_arrays if k[: len(prefix)] == prefix]
        for keys in parameters:
            below = ".".join(keys)
            kvstore = zarr_array.key_value_store(directory / below)
            if is_ocdbt:
                base = zarr_array.key_value_store(directory)
                kvstore = {"driver": "ocdbt", "base": base, "path": f"{below}/"}
            name = "/".join(keys[len(prefix) :])
            self.add(name, directory, kvstore, driver=driver)
        return len(keys_of_arrays) - len(parameters)


def _is_committed(path: Path) -> bool:
    try:
        metadata = json.loads((path / "_CHECKPOINT_METADATA").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return bool(metadata.get("commit_timestamp_nsecs"))


def _array_keys(metadata: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        tuple(str(key["key"]) for key in leaf["key_metadata"])
        for leaf in metadata["tree_metadata"].values()
        if leaf["value_metadata"]["value_type"] in ("jax.Array", "np.ndarray")
    ]
