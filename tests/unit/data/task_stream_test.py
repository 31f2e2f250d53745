"""A task's examples for the rows that ask for them, whoever reads when."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pali_tf.data import batch_plan, task_stream
from pali_tf.data.batch_plan import BatchPlan
from pali_tf.data.example_reader import Stored
from pali_tf.data.task_stream import TaskStream, dataset_of
from pali_tf.errors import UserError

BATCH_SIZE = 8


class Numbers:
    """Examples that are their own numbers; notes which blocks are read."""

    def __init__(self, num_examples, mean_bytes=1 << 13):
        self.num_examples = num_examples
        self.mean_bytes = mean_bytes
        self.loaded = []

    def load(self, numbers):
        self.loaded.append(numbers.tolist())
        known = set(numbers.tolist())

        def example(number):
            assert number in known
            return Stored(b"%d" % number, number % 3)

        return example


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as threads:
        yield threads


def stream_of(examples, seed=5):
    return TaskStream(
        examples=examples,
        seed=seed,
        num_lanes=batch_plan.num_lanes(BATCH_SIZE),
    )


def rows_of(task, start=0, rows=None):
    plan = BatchPlan({"a": 1, "b": 2}, BATCH_SIZE, 3, rows)
    return (some[some.tasks == task] for some in plan.from_step(start))


def drawn(stream, rows, threads, count):
    """The first `count` examples: (record, entry, seed)."""
    flat = (
        (record, int(entry), tuple(seed.tolist()))
        for chunk in stream.chunks(rows, threads)
        for record, entry, seed in zip(*chunk, strict=True)
    )
    return list(itertools.islice(flat, count))


@pytest.mark.parametrize("num_examples", [1, 30, 5000])
@pytest.mark.parametrize("start", [1, 40, 1500])
def test_starting_anywhere_is_having_come_there(threads, num_examples, start):
    stream = stream_of(Numbers(num_examples))
    plan = BatchPlan({"a": 1, "b": 2}, BATCH_SIZE, 3)
    passed = int(plan.counts_before(start)[:, 1].sum())
    whole = drawn(stream, rows_of(1), threads, passed + 200)
    again = stream_of(Numbers(num_examples))
    found = drawn(again, rows_of(1, start), threads, 200)
    assert found == whole[passed:]


def test_an_epoch_has_each_example_once_with_a_seed_of_its_own(threads):
    stream = stream_of(Numbers(96))
    plan = BatchPlan({"a": 1}, BATCH_SIZE, 3)
    found = drawn(stream, plan.from_step(0), threads, 3 * 96)
    epochs = [found[i : i + 96] for i in (0, 96, 192)]
    for epoch in epochs:
        numbers = sorted(int(record) for record, _, _ in epoch)
        assert numbers == list(range(96))
    assert len({seed for _, _, seed in found}) == len(found)
    assert epochs[0] != epochs[1]


def test_of_several_processes_each_reads_its_own(threads):
    stream = stream_of(Numbers(500))
    whole = drawn(stream, rows_of(1), threads, 400)
    halves = [
        drawn(stream, rows_of(1, rows=rows), threads, 400)
        for rows in (range(4), range(4, 8))
    ]
    assert not set(halves[0]) & set(halves[1])
    assert set(whole) <= {*halves[0], *halves[1]}


def test_few_blocks_are_read_ahead(threads):
    examples = Numbers(100_000)
    stream = stream_of(examples)
    chunks = stream.chunks(rows_of(1), threads)
    next(chunks)
    # The rows of this chunk and of the next, each in a block of its own.
    first, most = task_stream._FIRST, task_stream._MOST
    assert len(examples.loaded) <= 3 * first
    for _ in range(20):
        next(chunks)
    assert max(map(len, examples.loaded)) == stream.order.block
    num_drawn = 21 * most
    assert len(examples.loaded) <= num_drawn + 2 * most


def test_a_block_is_read_once_and_forgotten_after_its_window(threads):
    examples = Numbers(4000)
    stream = stream_of(examples)
    order = stream.order
    assert order.block > 1
    count = 20 * order.window
    drawn(
        stream, BatchPlan({"a": 1}, BATCH_SIZE, 3).from_step(0), threads, count
    )
    blocks = [tuple(numbers) for numbers in examples.loaded]
    per_epoch = -(-4000 // order.block)
    epochs = count / 4000
    assert len(blocks) <= (epochs + 1) * per_epoch + 2 * BATCH_SIZE


@pytest.mark.parametrize(
    ("mean_bytes", "num_examples"),
    [(10, 1 << 20), (1 << 14, 1 << 20), (1 << 30, 9)],
)
def test_memory_is_bounded_whatever_the_size_of_an_example(
    mean_bytes, num_examples
):
    order = stream_of(Numbers(num_examples, mean_bytes)).order
    assert order.block <= task_stream._MOST_READ
    assert order.block == 1 or order.block * mean_bytes <= 1 << 19
    assert order.window * BATCH_SIZE <= task_stream._MOST_MIXED
    mixed = order.window * BATCH_SIZE
    assert mixed <= 1024 or mixed * mean_bytes <= 1 << 26


def test_shares_of_an_epoch_are_a_partition(threads):
    stream = stream_of(Numbers(50))
    shares = [
        [
            int(record)
            for chunk in stream.epoch(lane, threads)
            for record in chunk[0]
        ]
        for lane in range(BATCH_SIZE)
    ]
    assert sorted(sum(shares, [])) == list(range(50))


def test_examples_come_in_the_order_that_is_asked_for():
    numbers = np.array([7, 7, 3, *range(200)])
    chunks = list(stream_of(Numbers(200)).in_order(numbers))
    found = [int(record) for chunk in chunks for record in chunk.records]
    assert found == numbers.tolist()
    seeds = np.concatenate([chunk.seeds for chunk in chunks])
    np.testing.assert_array_equal(seeds[0], seeds[1])


def test_a_dataset_has_them_one_by_one():
    stream = stream_of(Numbers(5))
    dataset = dataset_of(lambda: stream.in_order(np.arange(5)))
    for _ in range(2):
        rows = list(dataset.as_numpy_iterator())
        assert [(record, int(entry)) for record, entry, _ in rows] == [
            (b"%d" % number, number % 3) for number in range(5)
        ]


def test_an_error_of_reading_is_kept_whole():
    failures = []

    def chunks():
        raise UserError("the shard is damaged")
        yield

    with pytest.raises(Exception, match="the shard is damaged"):
        list(dataset_of(chunks, failures))
    assert [str(error) for error in failures] == ["the shard is damaged"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
