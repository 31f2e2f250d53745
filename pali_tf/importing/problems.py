"""What is wrong with the files to import: all of it is told, none dropped.

A problem ends the import, after everything is read, with nothing written; of
the kinds that the user allows, what has the problem is left out, counted and
told.
"""

import collections
import dataclasses
from collections.abc import Iterable

from absl import logging

from pali_tf.errors import UserError, nearest

_MOST_MESSAGES = 20


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of problem; one that is not fatal is only told."""

    help: str
    is_fatal: bool = True


KINDS = {
    "missing-image": Kind("an image that is not where the annotations say"),
    "corrupt-image": Kind("an image that cannot be decoded"),
    "malformed-line": Kind("a line or entry that is not as its format says"),
    "unknown-language": Kind("a language code that no task knows"),
    "empty-text": Kind("a caption, question, label or text that is empty"),
    "missing-answer": Kind("a question without an answer"),
    "empty-box": Kind("a box without an area, or outside its image"),
    "truncated-file": Kind("a file that ends too early"),
    "no-annotation": Kind("an image that nothing is said about", False),
    "crowd-box": Kind("a box around a crowd, not one object", False),
    "other-file": Kind("a file that is no image and no caption", False),
}


class ImportProblemError(UserError):
    """The files have problems that were not allowed."""


class Problems:
    """Counts the problems of an import and keeps the first of each kind.

    Args:
        allowed: kinds that do not end the import.

    Raises:
        UserError: there is no such kind; the message has the nearest.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self.allowed = frozenset(allowed)
        for kind in self.allowed:
            _check(kind)
        self.counts: collections.Counter[str] = collections.Counter()
        self.messages: dict[str, list[str]] = {}

    def report(self, kind: str, where: str, message: str) -> None:
        """Notes a problem of `KINDS` at a place; what has it is left out."""
        _check(kind)
        self.counts[kind] += 1
        kept = self.messages.setdefault(kind, [])
        if len(kept) < _MOST_MESSAGES:
            kept.append(f"{where}: {message}")
            logging.warning("%s: %s: %s", kind, where, message)

    def check(self) -> None:
        """Raises ImportProblemError if a problem was met and not allowed."""
        fatal = [kind for kind in self.counts if self._is_fatal(kind)]
        if fatal:
            first = self.messages[fatal[0]][0]
            raise ImportProblemError(
                f"Nothing is written, for there are problems: {self.describe()}"
                f". The first: {first} To leave out what has them: "
                f"--allow={','.join(fatal)}"
            )

    def describe(self) -> str:
        """Gives what was left out: "2 missing-image, 1 empty-text", or ""."""
        return ", ".join(
            f"{count:,} {kind}" for kind, count in self.counts.items()
        )

    def _is_fatal(self, kind: str) -> bool:
        return KINDS[kind].is_fatal and kind not in self.allowed


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise UserError(
            f"There is no kind of problem {kind!r}{nearest(kind, KINDS)}"
        )
