"""Whether a folder is a run's MODEL_DIR, and which was meant if it is not."""

import pathlib

from pali_tf.errors import MissingFileError, nearest

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
            "config.gin or checkpoint_<step>/"
        )
    else:
        problem = f"There is no folder {path}"
    raise MissingFileError(problem + _hint(path))


def is_model_dir(path: pathlib.Path) -> bool:
    """Tells whether a run left something in a folder."""
    return any(any(path.glob(pattern)) for pattern in _LEFT_BY_RUNS)


def _hint(path: pathlib.Path) -> str:
    path = path.absolute()
    for parent in path.parents[:2]:
        # The path of a checkpoint, of train/ or of a file in them.
        if path.exists() and parent.is_dir() and is_model_dir(parent):
            return f"; did you mean {str(parent)!r}?"
    runs = _runs_in(path if path.is_dir() else path.parent)
    return nearest(path.name, runs) if runs else "."


def _runs_in(folder: pathlib.Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [
        child.name
        for child in folder.iterdir()
        if child.is_dir() and is_model_dir(child)
    ]
