"""Batches for training, and examples for evaluation.

Everything is seeded and keeps its order: the batch of step n is a function of
(seed, n), and never of how many processes or threads read it. Stored examples
are found by arithmetic, so a run that starts again at step n reads nothing
that comes before. Other tasks of SeqIO's are read from their beginning.
"""

import contextlib
import dataclasses
import functools
import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
import seqio
import tensorflow as tf
from absl import logging

from pali_tf.data import batch_plan, diagnosis, task_features
from pali_tf.data.batch_plan import BatchPlan
from pali_tf.data.feature_converter import PaliFeatureConverter
from pali_tf.data.permutation import mix
from pali_tf.data.run_data import RunData
from pali_tf.data.task_stream import Chunk, TaskStream
from pali_tf.errors import UserError

# Batches made ahead of the step that asks for them.
_PREFETCH_BATCHES = 4
# Threads that read blocks of records ahead.
_NUM_READERS = 4

_TRUNCATED = "is_truncated"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """How a process reads its rows of the batches of a run.

    Attributes:
        feature_lengths: "inputs", "targets" and "images" (S, T, H); with
            "visual_tokens" (P), stored tokens are read in place of images.
        batch_size: B.
        seed: >= 0. Same seed and step, same batch.
        split: "train".
        shuffle: whether a task's examples come in an order drawn from `seed`;
            else as they are stored, one pass after another.
        start_step: the step whose batch comes first.
        rows: which of the B to read, in order; None: all.
        num_readers: threads that read ahead; None: a few.
        use_cached: read what seqio_cache_tasks wrote in place of the sources.
    """

    feature_lengths: Mapping[str, int]
    batch_size: int
    seed: int
    split: str = "train"
    shuffle: bool = True
    start_step: int = 0
    rows: Sequence[int] | None = None
    num_readers: int | None = None
    use_cached: bool = False


def reading_of(config: Any, start_step: int, rows: Sequence[int]) -> Reading:
    """Gives how a process reads what a DatasetConfig of an engine says."""
    return Reading(
        feature_lengths=config.task_feature_lengths,
        batch_size=config.batch_size,
        seed=config.seed or 0,
        split=config.split,
        shuffle=config.shuffle,
        start_step=start_step,
        rows=rows,
        num_readers=getattr(config, "num_readers", None),  # T5X's has none.
        use_cached=config.use_cached,
    )


def train_batches(
    data: RunData, reading: Reading
) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches for ever, from a step on.

    Args:
        data: its tasks must give PaliFeatureConverter's task features.
        reading: which batches, and which rows of them.

    Yields:
        PaliFeatureConverter's model features, of each row that is read.

    Raises:
        FileNotFoundError: there are no data.
        UserError: a task has no example, a file is damaged or an image
            corrupt; the message names it.
    """
    with _Pipeline(data, reading) as pipeline:
        streams = [
            pipeline.features(number).map(
                _converter(reading.feature_lengths, number),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            for number in range(len(data.tasks))
        ]
        num_rows = len(pipeline.rows)
        dataset = (
            tf.data.Dataset.choose_from_datasets(streams, pipeline.choices())
            .batch(num_rows, drop_remainder=True)
            .prefetch(_PREFETCH_BATCHES)
            .with_options(_options())
        )
        batches = pipeline.explained(dataset, data.tasks)
        yield from _with_truncation_told(batches, reading)


def train_examples(
    data: RunData, reading: Reading
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yields (name of the task, its example) one by one, all fields kept.

    They are the rows of `train_batches`, one batch's after the other's, before
    they are padded. Tasks of any SeqIO registry will do: their features need
    not be those of PaliFeatureConverter. Errors are the same.
    """
    with _Pipeline(data, reading) as pipeline:
        streams = [
            pipeline.explained(
                pipeline.features(number).with_options(_options()), [task]
            )
            for number, task in enumerate(data.tasks)
        ]
        for choice in pipeline.choices().prefetch(1).as_numpy_iterator():
            yield data.tasks[choice].name, next(streams[choice])


def num_eval_examples(
    task: seqio.Task, feature_lengths: Mapping[str, int], split: str
) -> int | None:
    """Counts a task's examples; None: only reading them would tell."""
    if not task_features.is_indexed(task):
        return None
    return task.source.examples(split, feature_lengths).num_examples


def num_examples_of_epoch(
    data: RunData, feature_lengths: Mapping[str, int], split: str
) -> int:
    """Counts the examples that a mixture draws until each was drawn once.

    Raises:
        UserError: a task is not of stored examples, so that none can be told.
    """
    drawn = []
    total = sum(data.rates.values())
    for task in data.tasks:
        count = num_eval_examples(task, feature_lengths, split)
        if count is None:
            raise UserError(
                f"How many examples {task.name} has is not known: give "
                "TRAIN_STEPS in place of TRAIN_EPOCHS."
            )
        drawn.append(math.ceil(count * total / data.rates[task.name]))
    return max(drawn)


def eval_dataset(
    task: seqio.Task,
    *,
    feature_lengths: Mapping[str, int],
    split: str,
    seed: int,
    numbers: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Returns one ordered pass over a task's examples, all their fields kept.

    What a task draws at random for an example is drawn from `seed`. Where
    `num_eval_examples` tells how many there are, `numbers` says which to read.
    """
    if not task_features.is_indexed(task):
        dataset = task.get_dataset(
            feature_lengths,
            split=split,
            shuffle=False,
            seed=seed,
            num_epochs=1,
            trim_output_features=False,
            try_in_mem_cache=False,
        )
        return dataset.with_options(_options())
    stream = TaskStream(
        examples=task.source.examples(split, feature_lengths),
        seed=_task_seed(seed, task.name),
        num_lanes=1,
    )
    if numbers is None:
        numbers = np.arange(stream.examples.num_examples)
    dataset = task_features.indexed_features(
        task, feature_lengths, lambda: stream.in_order(numbers)
    )
    return dataset.with_options(_options())


class _Pipeline(contextlib.AbstractContextManager["_Pipeline"]):
    """The datasets that a process' batches are made of."""

    def __init__(self, data: RunData, reading: Reading) -> None:
        self._data, self._reading = data, reading
        size = reading.batch_size
        self.rows = range(size) if reading.rows is None else reading.rows
        seed = int(mix(reading.seed))
        self._plan = functools.partial(BatchPlan, data.rates, size, seed)
        self._own_plan = self._plan(self.rows)
        self._failures: list[UserError] = []
        self._is_closed = False
        self._threads: Executor = ThreadPoolExecutor(
            reading.num_readers or _NUM_READERS
        )

    def __exit__(self, *error: object) -> None:
        """Ends the threads that read ahead."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def choices(self) -> tf.data.Dataset:
        """Gives the task of each row, int64[], for ever."""
        return tf.data.Dataset.from_generator(
            lambda: (
                rows.tasks
                for rows in self._own_plan.from_step(self._reading.start_step)
            ),
            output_signature=tf.TensorSpec([None], tf.int64),
        ).unbatch()

    def features(self, number: int) -> tf.data.Dataset:
        """Gives what a task makes for its rows, for ever."""
        task, reading = self._data.tasks[number], self._reading
        seed = _task_seed(reading.seed, task.name)
        task_rows = task_features.TaskRows(
            self._plan(None), number, self.rows, reading.start_step
        )
        if reading.use_cached or not task_features.is_indexed(task):
            return task_features.streamed_features(
                task,
                lengths=reading.feature_lengths,
                split=reading.split,
                seed=seed,
                shuffle=reading.shuffle,
                use_cached=reading.use_cached,
                rows=task_rows,
            )
        stream = TaskStream(
            examples=task.source.examples(
                reading.split, reading.feature_lengths
            ),
            seed=seed,
            num_lanes=batch_plan.num_lanes(reading.batch_size),
        )

        def chunks() -> Iterator[Chunk]:
            if not reading.shuffle:
                for numbers in task_rows.own_numbers():
                    yield from stream.in_order(numbers)
            rows = self._own_plan.from_step(reading.start_step)
            own = (some[some.tasks == number] for some in rows)
            try:
                yield from stream.chunks(own, self._threads)
            except (CancelledError, RuntimeError):
                # TensorFlow asks on until the data set is gone.
                if not self._is_closed:
                    raise

        return task_features.indexed_features(
            task, reading.feature_lengths, chunks, self._failures
        )

    def explained(
        self, dataset: tf.data.Dataset, tasks: Sequence[seqio.Task]
    ) -> Iterator[Any]:
        """Yields a dataset's elements as numpy; says what is at fault."""
        return diagnosis.explained(
            dataset,
            tasks,
            self._reading.split,
            self._reading.feature_lengths,
            self._failures,
        )


def _converter(
    lengths: Mapping[str, int], number: int
) -> Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]:
    converter = PaliFeatureConverter()

    @tf.autograph.experimental.do_not_convert
    def convert(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        truncated = example.get(_TRUNCATED, tf.constant(False))
        numbered = {**example, "task_id": tf.constant(number)}
        converted = converter.convert(numbered, lengths)
        return {**converted, _TRUNCATED: truncated}

    return convert


def _with_truncation_told(
    batches: Iterator[dict[str, np.ndarray]], reading: Reading
) -> Iterator[dict[str, np.ndarray]]:
    num_truncated = 0
    for step, batch in enumerate(batches, start=reading.start_step):
        before = num_truncated
        num_truncated += int(batch.pop(_TRUNCATED).sum())
        # Once a doubling: often at first, never a flood.
        if num_truncated.bit_length() > before.bit_length():
            logging.warning(
                "%d prompts were over %d tokens up to step %d and lost the end "
                "of their middle; a longer inputs length keeps them whole.",
                num_truncated,
                reading.feature_lengths["inputs"],
                step,
            )
        yield batch


def _task_seed(seed: int, name: str) -> int:
    # Tasks of one source shall not walk through it side by side.
    return int(mix(seed, zlib.crc32(name.encode())))


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # A task is a chain of small steps: as one they cost a tenth less.
    options.experimental_optimization.map_fusion = True
    # The model needs the other cores.
    options.threading.private_threadpool_size = max(
        1, (os.cpu_count() or 1) // 2
    )
    options.threading.max_intra_op_parallelism = 1
    return options
