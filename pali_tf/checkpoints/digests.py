"""The digest of every file of a checkpoint, in the checkpoint itself.

`digests.json` is the last file that is written before a checkpoint gets its
name:

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
from pathlib import Path
from typing import Any

from absl import logging

from pali_tf.errors import UserError
from pali_tf.files import write_whole

FILE_NAME = "digests.json"
_ALGORITHM = "sha256"
_CHUNK_BYTES = 8 << 20
# hashlib lets other threads run while it works on a large chunk.
_NUM_THREADS = min(16, os.cpu_count() or 1)


class DamagedCheckpointError(UserError):
    """A checkpoint is not as it was written."""


def write(folder: str | os.PathLike[str]) -> int:
    """Writes `digests.json` over all files of a folder.

    Args:
        folder: a checkpoint to which nothing is added any more.

    Returns:
        The bytes of all files.
    """
    folder = Path(folder)
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != FILE_NAME
    )
    with concurrent.futures.ThreadPoolExecutor(_NUM_THREADS) as threads:
        entries = threads.map(_entry, [folder / name for name in names])
        files = dict(zip(names, entries, strict=True))
    manifest = {
        "algorithm": _ALGORITHM,
        "files": files,
        "digest_of_files": _digest_of_files(files),
    }
    write_whole(folder / FILE_NAME, json.dumps(manifest, indent=1))
    return sum(entry["bytes"] for entry in files.values())


def exist(folder: str | os.PathLike[str]) -> bool:
    """Tells whether a checkpoint has digests."""
    return (Path(folder) / FILE_NAME).is_file()


def verify(
    folder: str | os.PathLike[str],
    *,
    items: Collection[str] | None = None,
    most_bytes: float = math.inf,
    part: int = 0,
    num_parts: int = 1,
) -> int:
    """Reads files of a checkpoint and compares them with their digests.

    Args:
        folder: the checkpoint.
        items: its items to read, such as ("params",), beside the files at its
            root; None: all.
        most_bytes: larger files are left out.
        part: which share of the files to read, in [0, num_parts).
        num_parts: how many shares there are.

    Returns:
        The bytes read.

    Raises:
        DamagedCheckpointError: a file is not there, or not as it was written;
            the message names it.
    """
    folder = Path(folder)
    start = time.monotonic()
    files = _read_manifest(folder)
    names = [
        name
        for name in sorted(files)
        if (items is None or "/" not in name or name.split("/")[0] in items)
        and files[name]["bytes"] <= most_bytes
    ][part::num_parts]
    with concurrent.futures.ThreadPoolExecutor(_NUM_THREADS) as threads:
        faults = threads.map(
            lambda name: _fault(folder / name, files[name]), names
        )
        found = [
            f"{name} {fault}"
            for name, fault in zip(names, faults, strict=True)
            if fault
        ]
    if found:
        others = f" ({len(found) - 1} more files)" if len(found) > 1 else ""
        raise DamagedCheckpointError(
            f"{folder} is damaged: {found[0]}{others}."
        )
    size = sum(files[name]["bytes"] for name in names)
    seconds = max(time.monotonic() - start, 1e-9)
    logging.log(
        logging.INFO if most_bytes == math.inf else logging.DEBUG,
        "Verified %d files of %s: %.3f GB at %.2f GB/s.",
        len(names),
        folder.name,
        size / 1e9,
        size / 1e9 / seconds,
    )
    return size


def _read_manifest(folder: Path) -> dict[str, Any]:
    text = (folder / FILE_NAME).read_bytes()
    try:
        manifest = json.loads(text)
        files = manifest["files"]
        is_whole = manifest["digest_of_files"] == _digest_of_files(files)
        algorithm = manifest["algorithm"]
    except (ValueError, KeyError, TypeError):
        is_whole, files, algorithm = False, {}, None
    if not is_whole or algorithm != _ALGORITHM:
        raise DamagedCheckpointError(
            f"{folder} is damaged: {FILE_NAME} is not as it was written."
        )
    return files


def _entry(path: Path) -> dict[str, Any]:
    with open(path, "rb", buffering=0) as file:
        digest = hashlib.new(_ALGORITHM)
        size = 0
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "digest": digest.hexdigest()}


def _fault(path: Path, expected: dict[str, Any]) -> str:
    """Tells what is wrong with a file; "" if nothing is."""
    if not path.is_file():
        return "is not there"
    size = path.stat().st_size
    if size != expected["bytes"]:
        return f"has {size} bytes, {expected['bytes']} were written"
    if _entry(path) != expected:
        return "does not have the digest it was written with"
    return ""


def _digest_of_files(files: Any) -> str:
    text = json.dumps(files, sort_keys=True)
    return hashlib.new(_ALGORITHM, text.encode()).hexdigest()
