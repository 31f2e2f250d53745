"""The repository's own files, as the architecture tests look at them."""

import pathlib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ("pali_tf", "seqio_tasks", "serving")
CODE = (*LIBRARY, "tests", "benchmarks", "bazel", "t5x")


def files(suffix: str, *folders: str) -> Iterator[pathlib.Path]:
    """Yields the files below the folders, in a stable order."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
            if "__pycache__" not in path.parts:
                yield path


def name(path: pathlib.Path) -> str:
    """Gives a file's path from the root, as messages show it."""
    return path.relative_to(ROOT).as_posix()
