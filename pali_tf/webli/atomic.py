"""Files that are there whole or not at all."""

import json
import os
from pathlib import Path


def temporary_path(path: Path) -> Path:
    """Returns where this process writes before `path` takes its name."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 under a temporary name, then renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path: Path, content: object) -> None:
    """Writes JSON under a temporary name, then renames it."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_text(path, text + "\n")


def remove_leftovers(directory: Path) -> None:
    """Removes the temporary files of processes that were killed."""
    for leftover in directory.glob("*/.*.tmp"):
        leftover.unlink()
