"""How many records were read, and how long the rest takes."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import tqdm

from pali_tf.webli import records


class ProgressBar:
    """A bar on standard error; the total is guessed from how far files are."""

    def __init__(self) -> None:
        self._bar = tqdm.tqdm(unit=" records", desc="Importing")

    def at(self, done: float, total: float) -> None:
        """Says that `done` of `total`, in any unit, is read."""
        if done > 0 and self._bar.n:
            self._bar.total = max(round(self._bar.n * total / done), 1)

    def counted(
        self, rows: Iterable[records.Record]
    ) -> Iterator[records.Record]:
        """Yields the records and counts each."""
        for record in rows:
            yield record
            self._bar.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
