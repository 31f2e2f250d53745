"""JSON files, read with the name of the one that is damaged."""

import io
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pali_tf import files
from pali_tf.errors import UserError, told


def read(path: str | os.PathLike[str], **hooks: Any) -> Any:
    """Reads a file.

    Raises:
        UserError: it is no JSON or cannot be read; the message names it.
    """
    with told(path):
        content = files.as_path(path).read_bytes()
    try:
        return json.loads(content, **hooks)
    except ValueError as error:
        raise UserError(f"{path} is no JSON: {error}.") from error


def write(path: str | os.PathLike[str], content: object) -> None:
    """Writes a file whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    files.write_whole(path, text + "\n")


def read_lines(
    path: str | os.PathLike[str],
    needed: Collection[str] = (),
    *,
    is_growing: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON lines file; empty lines are passed over.

    Args:
        path: of the file.
        needed: keys that each object has.
        is_growing: whether a last line without its end is passed over: its
            writer was killed, or is at it.

    Raises:
        UserError: a line is no such object, or the file cannot be read; the
            message names file and line.
    """
    with told(path):
        text = files.as_path(path).read_text(encoding="utf-8")
    # A text may hold line ends of other kinds, which are no ends here.
    for number, line in enumerate(io.StringIO(text), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            if is_growing and not line.endswith("\n"):
                return
            raise UserError(
                f"{path}, line {number}: no JSON ({error})."
            ) from error
        if not isinstance(found, dict) or not found.keys() >= set(needed):
            keys = f" with {', '.join(sorted(needed))}" if needed else ""
            raise UserError(f"{path}, line {number}: no object{keys}.")
        yield found


def write_lines(
    path: str | os.PathLike[str], lines: Iterable[Mapping[str, Any]]
) -> int:
    """Writes JSON lines, whole or not at all; gives their number."""
    count = 0
    with files.open_whole(path) as file:
        for line in lines:
            file.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
            count += 1
    return count
