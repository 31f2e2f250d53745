"""The digest of every file of a checkpoint, in the checkpoint itself.

`digests.json` is the last file that is written before a checkpoint counts:

    {"algorithm": "sha256",
     "files": {"params/d/3990...": {"bytes": 9441, "digest": "ab12..."}, ...},
     "digest_of_files": "77c0..."}

Process 0 writes it, over the files of all processes, which share the file
system; on restore each process reads its share of the files.
"""

import concurrent.futures
import hashlib
import json
import math
import os
import time
from collections.abc import Collection
from typing import Any

from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError

FILE_NAME = "digests.json"
_ALGORITHM = "sha256"
# hashlib lets other threads run while it works on a large chunk.
_NUM_THREADS = min(16, os.cpu_count() or 1)


class DamagedCheckpointError(UserError):
    """A checkpoint is not as it was written."""


def write(folder: str | os.PathLike[str]) -> int:
    """Writes `digests.json` over all files of a folder.

    Returns:
        The bytes of all files.
    """
    path = files.as_path(folder)
    sizes = {
        name: size
        for name, size in files.list_files(path).items()
        if name.rpartition("/")[2] != FILE_NAME
    }
    entries = {
        name: {"bytes": sizes[name], "digest": digest}
        for name, digest in _digests_of(path, sizes).items()
    }
    manifest = {
        "algorithm": _ALGORITHM,
        "files": entries,
        "digest_of_files": _digest_of_files(entries),
    }
    files.write_whole(path / FILE_NAME, json.dumps(manifest, indent=1))
    return sum(sizes.values())


def exist(folder: str | os.PathLike[str]) -> bool:
    """Tells whether a checkpoint has digests."""
    return (files.as_path(folder) / FILE_NAME).is_file()


def verify(
    folder: str | os.PathLike[str],
    *,
    items: Collection[str] | None = None,
    most_bytes: float = math.inf,
    part: int = 0,
    num_parts: int = 1,
) -> int:
    """Reads files of a checkpoint and compares them with their digests.

    Of the items named, such as ("params",), or of all; the files beside them,
    at the root, are read too. Of several shares it reads one.

    Returns:
        The bytes read.

    Raises:
        DamagedCheckpointError: a file is not there, or not as it was written;
            the message names it.
    """
    path = files.as_path(folder)
    start = time.monotonic()
    entries = _read_manifest(path)
    names = [
        name
        for name in sorted(entries)
        if (items is None or "/" not in name or name.split("/")[0] in items)
        and entries[name]["bytes"] <= most_bytes
    ][part::num_parts]
    faults = _faults(path, {name: entries[name] for name in names})
    if faults:
        others = f" ({len(faults) - 1} more files)" if len(faults) > 1 else ""
        raise DamagedCheckpointError(f"{path} is damaged: {faults[0]}{others}.")
    size = sum(entries[name]["bytes"] for name in names)
    seconds = max(time.monotonic() - start, 1e-9)
    logging.log(
        logging.INFO if most_bytes == math.inf else logging.DEBUG,
        "Verified %d files of %s: %.3f GB at %.2f GB/s.",
        len(names),
        path.name,
        size / 1e9,
        size / 1e9 / seconds,
    )
    return size


def _read_manifest(folder: Path) -> dict[str, Any]:
    text = (folder / FILE_NAME).read_bytes()
    try:
        manifest = json.loads(text)
        entries = manifest["files"]
        is_whole = manifest["digest_of_files"] == _digest_of_files(entries)
        algorithm = manifest["algorithm"]
    except (ValueError, KeyError, TypeError):
        is_whole, entries, algorithm = False, {}, None
    if not is_whole or algorithm != _ALGORITHM:
        raise DamagedCheckpointError(
            f"{folder} is damaged: {FILE_NAME} is not as it was written."
        )
    return entries


def _faults(folder: Path, entries: dict[str, Any]) -> list[str]:
    """Tells what is wrong with which files, in their order."""
    sizes = files.list_files(folder)
    faults = {}
    for name, entry in entries.items():
        if name not in sizes:
            faults[name] = "is not there"
        elif sizes[name] != entry["bytes"]:
            faults[name] = (
                f"has {sizes[name]} bytes, {entry['bytes']} were written"
            )
    found = _digests_of(folder, entries.keys() - faults.keys())
    for name, digest in found.items():
        if digest != entries[name]["digest"]:
            faults[name] = "does not have the digest it was written with"
    return [f"{name} {faults[name]}" for name in sorted(faults)]


def _digests_of(folder: Path, names: Collection[str]) -> dict[str, str]:
    """Gives the digest of each file, in the order of names."""
    names = sorted(names)
    with concurrent.futures.ThreadPoolExecutor(_NUM_THREADS) as threads:
        digests = threads.map(files.digest, [folder / name for name in names])
        return dict(zip(names, digests, strict=True))


def _digest_of_files(entries: Any) -> str:
    text = json.dumps(entries, sort_keys=True)
    return hashlib.new(_ALGORITHM, text.encode()).hexdigest()
