"""Where the data are: one root for all sources, resolved when they are read.

Tasks register at import, before a run knows its data; so sources and the
vocabulary ask here, late.
"""

import os
import pathlib

ENVIRONMENT_VARIABLE = "PALI_DATA_DIR"

VOCABULARY = pathlib.PurePath("vocabulary", "sentencepiece.model")

_data_dir: pathlib.Path | None = None
_vocabulary_path: pathlib.Path | None = None


def set_data_dir(path: str | os.PathLike[str] | None) -> None:
    """Names this process's data root; None goes back to the environment."""
    global _data_dir
    _data_dir = None if path is None else pathlib.Path(path)


def set_vocabulary_path(path: str | os.PathLike[str] | None) -> None:
    """Names a vocabulary outside the data root, such as mT5's own.

    None goes back to `<data root>/vocabulary/sentencepiece.model`.
    """
    global _vocabulary_path
    _vocabulary_path = None if path is None else pathlib.Path(path)


def data_dir() -> pathlib.Path:
    """Returns the data root: the one set, else $PALI_DATA_DIR.

    Raises:
        FileNotFoundError: neither names a folder that is there.
    """
    path = _data_dir
    if path is None and os.environ.get(ENVIRONMENT_VARIABLE):
        path = pathlib.Path(os.environ[ENVIRONMENT_VARIABLE])
    if path is None:
        raise FileNotFoundError(
            "No data folder is named: give DATA_DIR in gin, --data_dir, or "
            f"the environment variable {ENVIRONMENT_VARIABLE}. To make one: "
            "pali sample-data --output_dir=DIR"
        )
    if not path.is_dir():
        raise FileNotFoundError(
            f"There is no data folder {path}. To make one: "
            f"pali sample-data --output_dir={path}"
        )
    return path


def vocabulary_path() -> pathlib.Path:
    """Returns where the SentencePiece model is; it need not be there yet."""
    return _vocabulary_path or data_dir() / VOCABULARY
