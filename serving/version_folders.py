"""The folders `<base>/<name>/<version>/` that TF Serving looks for."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pali_tf.errors import UserError


def next_version(model_path: Path) -> int:
    """Gives the number after the largest one there; 1 where there is none."""
    if not model_path.is_dir():
        return 1
    taken = [int(p.name) for p in model_path.iterdir() if p.name.isdecimal()]
    return max(taken, default=0) + 1


def version_path(model_path: Path, version: int | None = None) -> Path:
    """Gives the folder of a version that is to be written.

    Args:
        model_path: `<base>/<name>`.
        version: int > 0; None: the next free one.

    Raises:
        UserError: the version exists, or is no positive integer.
    """
    if version is None:
        version = next_version(model_path)
    if version < 1:
        raise UserError(f"version must be a positive integer, not {version}.")
    path = model_path / str(version)
    if path.exists():
        raise UserError(
            f"{path} exists and is never overwritten; the next free version "
            f"is {next_version(model_path)}."
        )
    return path


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a folder to write to, which becomes `path` when all is well.

    A server that watches the folder above never sees half a model.

    Args:
        path: does not exist yet.

    Yields:
        A folder beside it that does not exist yet; it is removed after an
        error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"tmp-{path.name}-{os.getpid()}")
    try:
        yield temporary
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
