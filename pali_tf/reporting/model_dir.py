"""Whether a folder is a run's MODEL_DIR, and which was meant if it is not."""

import difflib
import pathlib

from pali_tf.errors import MissingFileError

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
_MOST_NAMED = 5


def check_model_dir(path: pathlib.Path) -> None:
    """Checks that a run left something in a folder.

    Raises:
        MissingFileError: there is no such folder, or no run in it; the
            message has the nearest folder that is one.
    """
    if path.is_dir() and is_model_dir(path):
        return
    if path.is_dir():
        problem = (
            f"{path} is no MODEL_DIR: it holds no train/, inference_eval/, "
            "config.gin or checkpoint_<step>/."
        )
    else:
        problem = f"There is no folder {path}."
    raise MissingFileError(problem + _hint(path))


def is_model_dir(path: pathlib.Path) -> bool:
    """Tells whether a run left something in a folder."""
    return any(any(path.glob(pattern)) for pattern in _LEFT_BY_RUNS)


def _hint(path: pathlib.Path) -> str:
    path = path.absolute()
    for parent in path.parents[:2]:
        # The path of a checkpoint, of train/ or of a file in them.
        if path.exists() and parent.is_dir() and is_model_dir(parent):
            return f" Did you mean {parent}?"
    if path.is_dir():
        return _listed(" Runs in it", _runs_in(path))
    beside = _runs_in(path.parent) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, [p.name for p in beside], 1)
    if near:
        return f" Did you mean {path.parent / near[0]}?"
    return _listed(" Runs beside it", beside)


def _runs_in(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(
        child
        for child in folder.iterdir()
        if child.is_dir() and is_model_dir(child)
    )


def _listed(what: str, runs: list[pathlib.Path]) -> str:
    if not runs:
        return ""
    names = ", ".join(str(run) for run in runs[:_MOST_NAMED])
    more = len(runs) - _MOST_NAMED
    return f"{what}: {names}{f' and {more} more' if more > 0 else ''}."
