"""The folders `checkpoint_<step>/`: which there are, and which are whole."""

import json
import os
import re

from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import digests
from pali_tf.errors import MissingFileError, UserError, told

PREFIX = "checkpoint"
NAME = re.compile(rf"{PREFIX}_(\d+)")
_ITEMS = ("params", "progress")
# The item that T5X's own engine saves parameters and slots in.
T5X_ITEM = "state"


def path_of(directory: str | os.PathLike[str], step: int) -> Path:
    """Gives the folder of a step."""
    return files.as_path(directory) / f"{PREFIX}_{step}"


@told()
def is_complete(path: str | os.PathLike[str]) -> bool:
    """Tells whether a checkpoint was written to its end.

    One that has digests was: they are written before it gets its name. What
    happened to it later, its digests tell.

    Returns:
        True if it has digests or, if it is older than they are or T5X's,
        orbax noted the commit and every item is there.
    """
    folder = files.as_path(path)
    if digests.exist(folder):
        return True
    try:
        metadata = json.loads((folder / "_CHECKPOINT_METADATA").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    items = set(metadata.get("item_handlers") or {})
    if T5X_ITEM not in items:
        items.update(_ITEMS)
    return bool(metadata.get("commit_timestamp_nsecs")) and all(
        (folder / item).is_dir() and any(files.children(folder / item))
        for item in items
    )


def is_t5x(path: str | os.PathLike[str]) -> bool:
    """Tells whether T5X's own engine saved a checkpoint, through orbax."""
    return (files.as_path(path) / T5X_ITEM / "_METADATA").is_file()


@told()
def complete_steps(directory: str | os.PathLike[str]) -> list[int]:
    """Gives the steps of the complete checkpoints, in order."""
    folder = files.as_path(directory)
    if not folder.is_dir():
        return []
    return sorted(
        int(match[1])
        for child in files.children(folder)
        if (match := NAME.fullmatch(child.name)) and is_complete(child)
    )


def find(path: str | os.PathLike[str]) -> Path:
    """Resolves a path to one complete checkpoint."""
    folder = files.as_path(path)
    if NAME.fullmatch(folder.name) and folder.is_dir():
        if not is_complete(folder):
            raise MissingFileError(
                f"{folder} is a half-written checkpoint; complete ones beside "
                f"it: {complete_steps(folder.parent)}."
            )
        return folder
    steps = complete_steps(folder)
    if not steps:
        beside = complete_steps(folder.parent)
        hint = f" {folder.parent} holds steps {beside}." if beside else ""
        raise MissingFileError(
            f"No checkpoint at {path}: expected a checkpoint_<step> directory "
            f"or a directory that holds one.{hint}"
        )
    return path_of(folder, steps[-1])


def previous(path: str | os.PathLike[str]) -> Path | None:
    """Gives the complete checkpoint before another one; None: there is none."""
    folder = files.as_path(path)
    match = NAME.fullmatch(folder.name)
    if match is None:
        return None
    steps = [s for s in complete_steps(folder.parent) if s < int(match[1])]
    return path_of(folder.parent, steps[-1]) if steps else None


def set_aside(path: Path, why: str) -> None:
    """Renames a checkpoint, so that it is one no more."""
    aside = path.with_name(f"{path.name}.{why}-{os.getpid()}")
    files.move(path, aside)
    logging.warning("%s is %s; moved to %s.", path, why, aside)


def set_aside_incomplete(directory: Path) -> None:
    """Renames half-written checkpoints, which orbax would take for real.

    In a bucket it knows them, and removes them.
    """
    if not directory.is_dir():
        return
    children = sorted(
        child
        for child in files.children(directory)
        if NAME.fullmatch(child.name)
    )
    for child in children:
        if is_t5x(child):
            raise UserError(
                f"{child} is T5X's, which our engine cannot resume: name a "
                "new MODEL_DIR, and start from that checkpoint by "
                "INITIAL_CHECKPOINT_PATH."
            )
    for child in children:
        if not (files.is_bucket(child) or is_complete(child)):
            set_aside(child, "incomplete")
