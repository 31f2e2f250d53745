"""The examples of a split that a task reads, by number.

A record may give one example, several (each of its questions) or none (it has
no printed words); texts may be joined, so that an example begins and ends amid
them. The index of the split tells which, before anything is read.
"""

import dataclasses
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.webli import frames, read
from pali_tf.webli.split_index import Holders, SplitIndex

# Bytes between two records that are read rather than passed over.
_GAP_BYTES = 1 << 18

_TEXT = "text"


@dataclasses.dataclass(frozen=True)
class Stored:
    """An example as it is stored.

    Attributes:
        record: a serialized tf.train.Example.
        entry: which of the record's entries, or of joined texts the token that
            it begins with; 0 where there is but one.
    """

    record: bytes
    entry: int


# The number of an example -> what is stored of it.
Loaded = Callable[[int], Stored]


class RecordReader:
    """Reads the records of a split by their numbers."""

    def __init__(self, index: SplitIndex) -> None:
        self.index = index

    def read(self, numbers: np.ndarray) -> dict[int, bytes]:
        """Reads some records: {number: serialized record}.

        Raises:
            UserError: a record is damaged; the message names it.
        """
        numbers = np.unique(numbers)
        shards = np.searchsorted(self.index.ends, numbers, side="right")
        found: dict[int, bytes] = {}
        for shard in np.unique(shards):
            first = int(self.index.ends[shard] - self.index.num_records[shard])
            local = numbers[shards == shard] - first
            for begin, data in self._read_shard(int(shard), local):
                found[first + begin] = data
        return found

    def mean_bytes(self, num_examples: int) -> float:
        """Gives the bytes that are read for one of so many examples."""
        return self.index.num_bytes / max(num_examples, 1)

    def _read_shard(
        self, shard: int, numbers: np.ndarray
    ) -> Iterator[tuple[int, bytes]]:
        step, offsets = self.index.step, self.index.offsets[shard]
        parts = np.unique(numbers // step)
        gaps = offsets[parts[1:]] - offsets[parts[:-1] + 1]
        for run in np.split(parts, np.flatnonzero(gaps > _GAP_BYTES) + 1):
            begin, end = offsets[run[0]], offsets[run[-1] + 1]
            first = int(run[0]) * step
            wanted = set((numbers - first).tolist())
            path = self.index.shards[shard]
            try:
                content = files.read_range(path, int(begin), int(end - begin))
                for number, _, data in frames.read(io.BytesIO(content), wanted):
                    yield first + number, data
            except (EOFError, frames.FrameError) as error:
                _raise_for_damage(path)
                raise UserError(
                    f"{path} is whole, but not what its index says: it was "
                    "written again. Make the index anew: pali index."
                ) from error


class Entries:
    """The examples of some records: themselves, or each entry of a list."""

    def __init__(
        self, reader: RecordReader, holders: Holders, is_each: bool
    ) -> None:
        self._reader = reader
        self._records = holders.records
        self._begins = None
        self.num_examples = (
            reader.index.total
            if holders.records is None
            else len(holders.records)
        )
        if is_each and holders.counts is not None:
            self._begins = np.append(0, np.cumsum(holders.counts))
            self.num_examples = int(self._begins[-1])
        self.mean_bytes = reader.mean_bytes(self.num_examples)

    def load(self, numbers: np.ndarray) -> Loaded:
        """Reads the records of some examples; gives what tells each of them."""
        entries = np.zeros_like(numbers)
        records = numbers
        if self._begins is not None:
            records = np.searchsorted(self._begins, numbers, side="right") - 1
            entries = numbers - self._begins[records]
        if self._records is not None:
            records = self._records[records]
        found = self._reader.read(records)
        places = zip(records.tolist(), entries.tolist(), strict=True)
        by_number = dict(zip(numbers.tolist(), places, strict=True))

        def example(number: int) -> Stored:
            record, entry = by_number[number]
            return Stored(found[record], entry)

        return example


class JoinedTexts:
    """Texts of so many tokens each, joined and cut to pieces of one length.

    The last piece may be shorter.
    """

    def __init__(
        self, reader: RecordReader, num_tokens: np.ndarray, length: int
    ) -> None:
        self._reader = reader
        self._length = length
        self._begins = np.append(0, np.cumsum(num_tokens))
        self.num_examples = -(-int(self._begins[-1]) // length)
        self.mean_bytes = reader.mean_bytes(self.num_examples)

    def load(self, numbers: np.ndarray) -> Loaded:
        """Reads the records of some examples; gives what tells each of them."""
        spans = np.stack(self._span(numbers), axis=1).tolist()
        found = self._reader.read(
            np.concatenate([np.arange(a, b + 1) for a, b in spans])
        )

        def example(number: int) -> Stored:
            first, last = self._span(number)
            texts = [text_of(found[n]) for n in range(first, last + 1)]
            skipped = number * self._length - int(self._begins[first])
            return Stored(_joined(texts), skipped)

        return example

    def _span(self, numbers: Any) -> tuple[Any, Any]:
        """Finds the first and the last record of examples."""
        begins = numbers * self._length
        last = np.minimum(begins + self._length, self._begins[-1]) - 1
        return (
            np.searchsorted(self._begins, begins, side="right") - 1,
            np.searchsorted(self._begins, last, side="right") - 1,
        )


Examples = Entries | JoinedTexts


def _raise_for_damage(path: files.Path) -> None:
    """Raises the error that names a shard's first damaged record, if any."""
    for _ in read.stored_records(path):
        pass


def text_of(record: bytes) -> bytes:
    """Gives the text of a serialized record."""
    feature = tf.train.Example.FromString(record).features.feature
    return feature[_TEXT].bytes_list.value[0]


def _joined(texts: list[bytes]) -> bytes:
    values = tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
    features = tf.train.Features(feature={_TEXT: values})
    return tf.train.Example(features=features).SerializeToString()
