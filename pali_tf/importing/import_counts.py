"""What was imported, counted and shown as it passes by."""

import collections
from collections.abc import Iterable, Iterator

import tqdm

from pali_tf.webli import records

_MOST_LANGUAGES = 8

# What a record may have -> the objective that asks for it.
_OBJECTIVES = {
    "captions": "captioning",
    "questions": "vqa",
    "boxes": "detection",
    "labels": "classification",
    "pairs": "text",
    "documents": "span_corruption",
}


class ImportCounts:
    """Counts records, what they hold, and its languages.

    Args:
        bar: moves on with the records; its total is guessed from how far the
            files are read.
    """

    def __init__(self, bar: tqdm.tqdm) -> None:
        self._bar = bar
        self.counts: collections.Counter[str] = collections.Counter()
        self.languages: collections.Counter[str] = collections.Counter()

    def counted(
        self, rows: Iterable[records.Record]
    ) -> Iterator[records.Record]:
        """Yields the records and counts each."""
        for record in rows:
            self.add(record)
            yield record
            self._bar.update()

    def at(self, done: float, total: float) -> None:
        """Says that `done` of `total`, in any unit, is read."""
        if done > 0 and self._bar.n:
            self._bar.total = max(round(self._bar.n * total / done), 1)

    def add(self, record: records.Record) -> None:
        """Counts a record."""
        self.counts["images"] += record.image is not None
        self.counts["captions"] += len(record.captions)
        self.counts["questions"] += len(record.question_answers)
        self.counts["boxes"] += len(record.objects)
        self.counts["labels"] += bool(record.labels)
        self.counts["documents"] += record.text is not None
        self.counts["pairs"] += record.text_pair is not None
        for text in (*record.captions, *record.question_answers):
            self.languages[text.language] += 1
        if record.text_pair is not None:
            self.languages[record.text_pair.language] += 1

    def objectives(self) -> list[str]:
        """Gives the objectives that what was counted can be trained on."""
        return [name for what, name in _OBJECTIVES.items() if self.counts[what]]

    def describe(self) -> str:
        """Gives "3 images, 5 captions (en 4, fr 1)"."""
        parts = [f"{n:,} {what}" for what, n in self.counts.items() if n]
        most = self.languages.most_common(_MOST_LANGUAGES)
        if not most:
            return ", ".join(parts)
        rest = len(self.languages) - len(most)
        told = ", ".join(f"{code or 'none'} {n:,}" for code, n in most)
        more = f" and {rest} languages more" if rest else ""
        return f"{', '.join(parts)} ({told}{more})"
