"""A file system of its own for a test, where this user may mount one."""

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def tmpfs(path: pathlib.Path, options: str) -> Iterator[pathlib.Path]:
    """Mounts a file system at a path, such as with "ro" or "size=256k".

    The test is skipped where only an administrator may.
    """
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root mounts; the tests beside it need no mount")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
