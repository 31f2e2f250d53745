"""Reads the text and JSON files of a run, and notes those that are broken."""

import json
import pathlib
from collections.abc import Collection, Iterator
from typing import Any

from pali_tf.errors import UserError, told


def read_text(path: pathlib.Path) -> str | None:
    """Gives a file's text; None: there is no file.

    Raises:
        UserError: it holds no text; the message names it.
    """
    if not path.is_file():
        return None
    with told(path):
        return path.read_text(encoding="utf-8")


def read_lines(
    path: pathlib.Path, needed: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON lines file; none if there is no file.

    A last line without its end is passed over: its writer was killed, or is
    at it.

    Args:
        path: The file.
        needed: Keys that each object has.

    Raises:
        UserError: A line is no such object; the message names file and line.
    """
    text = read_text(path) or ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            found = json.loads(line)
        except json.JSONDecodeError as error:
            if line.endswith("\n"):
                raise UserError(
                    f"{path}, line {number}: no JSON ({error})."
                ) from error
            return
        if not isinstance(found, dict) or not found.keys() >= set(needed):
            keys = f" with {', '.join(sorted(needed))}" if needed else ""
            raise UserError(f"{path}, line {number}: no object{keys}.")
        yield found


class FaultNotingReader:
    """Reads what can be read, and keeps what is wrong with the rest.

    Attributes:
        faults: Sentences, each with the file it is about.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    def text(self, path: pathlib.Path) -> str | None:
        """Gives a file's text; None: there is none."""
        try:
            return read_text(path)
        except UserError as error:
            self.faults.append(str(error))
            return None

    def object(self, path: pathlib.Path) -> dict[str, Any] | None:
        """Gives the object of a JSON file; None: there is none."""
        text = self.text(path)
        if text is None:
            return None
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            self.faults.append(f"{path} holds no JSON ({error}).")
            return None
        if not isinstance(found, dict):
            self.faults.append(f"{path} holds no JSON object.")
            return None
        return found

    def lines(
        self, path: pathlib.Path, needed: Collection[str] = ()
    ) -> list[dict[str, Any]]:
        """Gives the objects up to the first line that is broken."""
        found = []
        try:
            for line in read_lines(path, needed):
                found.append(line)
        except UserError as error:
            self.faults.append(
                f"{error} What follows that line is not shown."
                if found
                else str(error)
            )
        return found
