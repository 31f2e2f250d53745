"""Whether what will be written finds room."""

import shutil
from pathlib import Path

from pali_tf.errors import UserError


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
