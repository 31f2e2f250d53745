"""A task's examples, in the order that the rows of the batches ask for them.

Blocks are read ahead by threads and kept until their window is done; neither
changes the order.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from pali_tf.data.batch_plan import Rows
from pali_tf.data.example_reader import Examples, Loaded, Stored
from pali_tf.data.order import Order
from pali_tf.data.permutation import mix
from pali_tf.errors import UserError

# Examples of a chunk. The first batch shall not wait for what later ones need.
_FIRST, _MOST = 4, 64

# Bytes that are read at once, and that are mixed with each other.
_READ_BYTES, _MIXED_BYTES = 1 << 19, 1 << 26
_LEAST_MIXED, _MOST_MIXED = 1 << 10, 1 << 16
_MOST_READ = 1 << 9


class Chunk(NamedTuple):
    """Some examples of a task.

    Attributes:
        records: object[N], serialized.
        entries: int64[N], as Stored has them.
        seeds: int64[N, 2]. All that an example draws is drawn from its own.
    """

    records: np.ndarray
    entries: np.ndarray
    seeds: np.ndarray


class _Key(NamedTuple):
    """An example's place: in what block of what window of a lane."""

    lane: int
    window: int
    epoch: int
    block: int
    example: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskStream:
    """Reads a task.

    Attributes:
        examples: of the task, at least one.
        seed: uint64, of the task in this run.
        num_lanes: L of the run.
    """

    examples: Examples
    seed: int
    num_lanes: int

    @property
    def order(self) -> Order:
        """The order of the examples."""
        mean = self.examples.mean_bytes
        mixed = int(_MIXED_BYTES / mean)
        return Order(
            num_examples=self.examples.num_examples,
            num_lanes=self.num_lanes,
            seed=self.seed,
            most_mixed=min(max(mixed, _LEAST_MIXED), _MOST_MIXED),
            most_read=min(max(int(_READ_BYTES / mean), 1), _MOST_READ),
        )

    def chunks(
        self, rows: Iterable[Rows], threads: Executor
    ) -> Iterator[Chunk]:
        """Yields the examples of rows of this task; threads read ahead."""
        order = self.order
        blocks = _Blocks(self.examples, order, threads)
        # One chunk is asked for ahead.
        asked: list[_Key] = []
        for keys in itertools.chain(_keys(rows, order), [[]]):
            blocks.ask(keys)
            if asked:
                yield self._chunk(asked, list(map(blocks.take, asked)))
            asked = keys

    def epoch(self, lane: int, threads: Executor) -> Iterator[Chunk]:
        """Yields a lane's share of the first epoch; threads read ahead."""
        counts = np.arange(self.order.epoch_size(lane))
        lanes = np.full_like(counts, lane)
        return self.chunks(
            [Rows(np.zeros_like(counts), lanes, counts)], threads
        )

    def in_order(self, numbers: np.ndarray) -> Iterator[Chunk]:
        """Yields examples by number; those beyond the last begin again."""
        numbers = numbers % self.examples.num_examples
        for first in range(0, len(numbers), _MOST):
            part = numbers[first : first + _MOST]
            keys = [_Key(0, 0, 0, 0, number) for number in part.tolist()]
            found = list(map(self.examples.load(part), part.tolist()))
            yield self._chunk(keys, found)

    def _chunk(self, keys: list[_Key], found: list[Stored]) -> Chunk:
        total = self.examples.num_examples
        drawn = int(mix(self.seed).astype(np.int64))
        seeds = [(drawn, key.epoch * total + key.example) for key in keys]
        return Chunk(
            np.array([stored.record for stored in found], object),
            np.array([stored.entry for stored in found], np.int64),
            np.array(seeds, np.int64),
        )


class _Blocks:
    """The blocks of the lanes' windows, as far as they are asked for."""

    def __init__(
        self, examples: Examples, order: Order, threads: Executor
    ) -> None:
        self._examples, self._order, self._threads = examples, order, threads
        self._by_lane: dict[int, dict[_Key, Future[Loaded]]] = {}
        self._window: dict[int, int] = {}

    def ask(self, keys: list[_Key]) -> None:
        """Begins to read the blocks of some examples."""
        for key in keys:
            block = key._replace(example=0)
            known = self._by_lane.setdefault(key.lane, {})
            if block not in known:
                known[block] = self._threads.submit(self._read, block)

    def take(self, key: _Key) -> Stored:
        """Gives an example that was asked for; waits for its block."""
        known = self._by_lane[key.lane]
        if key.window > self._window.get(key.lane, 0):
            self._window[key.lane] = key.window
            for block in [b for b in known if b.window < key.window]:
                del known[block]
        return known[key._replace(example=0)].result()(key.example)

    def _read(self, block: _Key) -> Loaded:
        members = self._order.members(block.epoch, block.block)
        return self._examples.load(members)


def _keys(rows: Iterable[Rows], order: Order) -> Iterator[list[_Key]]:
    """Yields the keys of the rows, a few at first, then more at once."""
    size = _FIRST
    for some in rows:
        place = order.places(some.lanes, some.counts)
        columns = np.stack(
            [some.lanes, place.window, place.epoch, place.block, place.example],
            axis=1,
        )
        keys = [_Key(*row) for row in columns.tolist()]
        while keys:
            yield keys[:size]
            keys, size = keys[size:], min(2 * size, _MOST)


def dataset_of(
    chunks: Callable[[], Iterable[Chunk]],
    failures: list[UserError] | None = None,
) -> tf.data.Dataset:
    """Gives the examples of chunks one by one: (record, entry, seed).

    Args:
        chunks: called at each iteration of the dataset.
        failures: gets the error that ends the chunks, of which TensorFlow
            keeps the text alone.
    """

    def kept() -> Iterator[Chunk]:
        try:
            yield from chunks()
        except UserError as error:
            if failures is not None:
                failures.append(error)
            raise

    return tf.data.Dataset.from_generator(
        kept,
        output_signature=(
            tf.TensorSpec([None], tf.string),
            tf.TensorSpec([None], tf.int64),
            tf.TensorSpec([None, 2], tf.int64),
        ),
    ).unbatch()
