"""Where goldens are kept, and how they are written."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from types import ModuleType

import numpy as np

TESTDATA = pathlib.Path(__file__).resolve().parents[2] / "testdata"


@contextlib.contextmanager
def write_folder(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives a new folder that replaces the old one at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        fresh = pathlib.Path(name) / folder.name
        fresh.mkdir()
        yield fresh
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def save_outputs(
    folder: pathlib.Path,
    outputs: dict[str, np.ndarray],
    *made_with: ModuleType,
    **commits: str,
) -> None:
    """Writes outputs.npz, and the versions that gave them."""
    np.savez(folder / "outputs.npz", **outputs)
    versions = {m.__name__: m.__version__ for m in made_with} | commits
    text = json.dumps(versions, indent=2, sort_keys=True)
    (folder / "versions.json").write_text(text + "\n", encoding="utf-8")


def git_commit(folder: str) -> str:
    """The commit of the checkout that a folder is in."""
    result = subprocess.run(
        ["git", "-C", folder, "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()
