"""A target under its final name only once all of it is there."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pali_tf.errors import ExistingFileError, UserError


@contextlib.contextmanager
def new_path(final: Path) -> Iterator[Path]:
    """Gives a path to write to, and moves it to its name at the end.

    The path lies in a folder `.<name>.converting-<process>` beside the target.
    On an error or an interrupt that is removed; a killed process leaves it.

    Args:
        final: a file or folder that must not exist.

    Raises:
        ExistingFileError: it exists.
    """
    final = final.absolute()
    if final.exists():
        raise ExistingFileError(f"{final} exists; nothing is overwritten.")
    final.parent.mkdir(parents=True, exist_ok=True)
    folder = final.with_name(f".{final.name}.converting-{os.getpid()}")
    folder.mkdir()
    try:
        yield folder / final.name
        os.rename(folder / final.name, final)
    finally:
        shutil.rmtree(folder)


def check_space(folder: Path, num_bytes: int) -> None:
    """Checks that the disk holds what will be written.

    Args:
        folder: where to; it or one of its parents exists.
        num_bytes: how much.

    Raises:
        UserError: there is too little room.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < num_bytes:
        raise UserError(
            f"{folder} has {free / 1e9:.1f} GB free; the target needs "
            f"{num_bytes / 1e9:.1f} GB."
        )
