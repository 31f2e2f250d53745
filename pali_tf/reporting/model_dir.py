"""What lies in a MODEL_DIR: whether a folder is one, and its checkpoints."""

import dataclasses
import fnmatch
import re

from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import digests, folders
from pali_tf.errors import MissingFileError, nearest, told

# Any of these makes a folder a run.
_LEFT_BY_RUNS = (
    "train",
    "training_eval",
    "inference_eval",
    "config.gin",
    "model-info.txt",
    "environment.json",
    "checkpoint_*",
)
# checkpoint_20, checkpoint_20.orbax-checkpoint-tmp-1, checkpoint_20.damaged-77.
_NAME = re.compile(r"checkpoint_(?P<step>\d+)(\.(?P<why>[a-z]+).*)?")
_STATES = {"orbax": "being written, or left by a kill while it was"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A folder `checkpoint_<step>`.

    Attributes:
        name: Of the folder.
        step: Steps done.
        state: "whole", or what is wrong with it.
        num_bytes: Of all its files.
        written: Seconds since 1970; None: its storage does not tell.
    """

    name: str
    step: int
    state: str
    num_bytes: int
    written: float | None


@told()
def list_checkpoints(model_dir: Path) -> list[Checkpoint]:
    """Gives the checkpoints in order of their steps, whole or not."""
    found = []
    for path in files.children(model_dir):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_dir():
            continue
        why = match["why"]
        if why is not None:
            state = _STATES.get(why, f"{why}, and set aside")
        else:
            state = "whole" if folders.is_complete(path) else "half written"
        try:
            found.append(
                Checkpoint(
                    name=path.name,
                    step=int(match["step"]),
                    state=state,
                    num_bytes=sum(files.list_files(path).values()),
                    written=_modified(path),
                )
            )
        except FileNotFoundError:
            # A run that is going on moves and removes its checkpoints.
            continue
    return sorted(found, key=lambda c: (c.step, c.name))


def _modified(folder: Path) -> float | None:
    """Tells when a checkpoint was written; a bucket has no times of folders."""
    if files.is_bucket(folder):
        folder = folder / digests.FILE_NAME
        return files.modified(folder) if folder.exists() else None
    return files.modified(folder)


def check_model_dir(path: Path) -> None:
    """Checks that a run left something in a folder.

    Raises:
        MissingFileError: there is no such folder, or no run in it; the
            message has the nearest folder that is one.
    """
    if _is_model_dir(path):
        return
    if path.is_dir():
        problem = (
            f"{path} is no MODEL_DIR: it holds no train/, inference_eval/, "
            "config.gin or checkpoint_<step>/"
        )
    else:
        problem = f"There is no folder {path}"
    raise MissingFileError(problem + _hint(path))


def _is_model_dir(path: Path) -> bool:
    """Tells whether a run left something in a folder."""
    return path.is_dir() and any(
        fnmatch.fnmatchcase(child.name, pattern)
        for child in files.children(path)
        for pattern in _LEFT_BY_RUNS
    )


def _hint(path: Path) -> str:
    path = files.absolute(path)
    above = path.parents[:2]
    if files.is_bucket(path):
        # "/", "gs": what is above a bucket need not be there to be listed.
        above = [parent for parent in above if len(parent.parts) > 2]
    for parent in above:
        # The path of a checkpoint, of train/ or of a file in them.
        if path.exists() and _is_model_dir(parent):
            return f"; did you mean {str(parent)!r}?"
    beside = path if path.is_dir() or not above else above[0]
    if not beside.is_dir():
        return "."
    runs = [
        child.name for child in files.children(beside) if _is_model_dir(child)
    ]
    return nearest(path.name, runs) if runs else "."
