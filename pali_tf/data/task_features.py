"""What tasks make of their examples, which are found in one of two ways.

Tasks of stored examples are indexed: any example is found by its number. Other
people's tasks, and SeqIO's cache, are streamed: a run that starts again passes
over the examples before it. Our tasks are cached before anything is drawn at
random, so an epoch from the cache is as new as one from the sources, and an
image is stored once, encoded.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import seqio
import tensorflow as tf
from absl import logging

from pali_tf.data.batch_plan import BatchPlan
from pali_tf.data.randomness import SEED, draw_seed
from pali_tf.data.stored_examples import StoredExamples
from pali_tf.data.task_stream import Chunk, dataset_of
from pali_tf.errors import UserError

# Records, still encoded, among which the next one is drawn.
_SHUFFLE_RECORDS = 4096

Step = Callable[..., tf.data.Dataset]


@dataclasses.dataclass(frozen=True)
class TaskRows:
    """Which rows of the batches are a task's and a process'.

    Attributes:
        plan: of all rows.
        task: the task's number.
        rows: of the process.
        start_step: the first.
    """

    plan: BatchPlan
    task: int
    rows: Sequence[int]
    start_step: int

    @property
    def num_before(self) -> int:
        """The task's examples before the first step, in all rows."""
        before = self.plan.counts_before(self.start_step)
        return int(before[:, self.task].sum())

    def is_own(self) -> Iterator[np.ndarray]:
        """Yields of the task's examples which are the process', bool[N]."""
        size = self.plan.batch_size
        own = np.isin(np.arange(size), self.rows)
        for some in self.plan.from_step(self.start_step):
            is_own = np.tile(own, len(some.tasks) // size)
            yield is_own[some.tasks == self.task]

    def own_numbers(self) -> Iterator[np.ndarray]:
        """Yields the places of the process' among the task's, int64[N]."""
        place = self.num_before
        for is_own in self.is_own():
            yield place + np.flatnonzero(is_own)
            place += len(is_own)


def is_indexed(task: seqio.Task) -> bool:
    """Tells whether a task's examples can be read by number.

    Then nothing that a step before its seed does to the data set is missed:
    the reading itself joins texts.
    """
    source = task.source
    if not isinstance(source, StoredExamples):
        return False
    steps = list(task.preprocessors)
    if draw_seed not in steps:
        return False
    joining = source.joining and source.joining.step
    return all(
        step is joining or _is_place_of_cache(step)
        for step in steps[: steps.index(draw_seed)]
    )


def indexed_features(
    task: seqio.Task,
    lengths: Mapping[str, int],
    chunks: Callable[[], Iterator[Chunk]],
    failures: list[UserError] | None = None,
) -> tf.data.Dataset:
    """Returns what a task that `is_indexed` makes of its stored examples.

    `chunks` and `failures` are as of `task_stream.dataset_of`.
    """
    parse = task.source.parser(lengths)

    @tf.autograph.experimental.do_not_convert
    def parse_with_seed(
        record: tf.Tensor, entry: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        return {**parse(record, entry), SEED: seed}

    dataset = dataset_of(chunks, failures).map(
        parse_with_seed, num_parallel_calls=tf.data.AUTOTUNE
    )
    steps = list(task.preprocessors)
    return _apply(dataset, steps[steps.index(draw_seed) + 1 :], task, lengths)


def add_cache_dirs(dirs: str) -> None:
    """Looks for caches in folders named "a,b", as T5X's flag has them.

    Raises:
        UserError: one is on s3://, which TensorFlow cannot read.
    """
    folders = dirs.split(",")
    for folder in folders:
        if folder.startswith("s3://"):
            raise UserError(
                f"SeqIO's cache {folder} is read by TensorFlow, which knows no "
                "s3://: name a copy on a disk or gs://."
            )
    seqio.add_global_cache_dirs(folders)


def streamed_features(
    task: seqio.Task,
    *,
    lengths: Mapping[str, int],
    split: str,
    seed: int,
    shuffle: bool,
    use_cached: bool,
    rows: TaskRows,
) -> tf.data.Dataset:
    """Returns what any task of SeqIO's makes for a process' rows, for ever.

    The seed is of the shuffles and of what the task draws. With `use_cached`,
    what seqio_cache_tasks wrote is read.

    Raises:
        UserError: the task has no cache.
    """
    seed %= 2**31
    dataset = (
        _cached_records(task, split, seed, shuffle)
        if use_cached
        else task.source.get_dataset(split=split, shuffle=shuffle, seed=seed)
    )
    steps = _steps_after(task, use_cached)
    # Up to its seed, an example costs little.
    num_cheap = 1 + steps.index(draw_seed) if draw_seed in steps else len(steps)
    with seqio.utils.map_seed_manager(seed):
        dataset = _apply(dataset.repeat(), steps[:num_cheap], task, lengths)
        if rows.num_before:
            logging.warning(
                "%s is read from its beginning: the %d examples before step %d "
                "are passed over.",
                task.name,
                rows.num_before,
                rows.start_step,
            )
            dataset = dataset.skip(rows.num_before)
        if len(rows.rows) < rows.plan.batch_size:
            is_own = tf.data.Dataset.from_generator(
                rows.is_own, output_signature=tf.TensorSpec([None], tf.bool)
            ).unbatch()
            pairs: Any = tf.data.Dataset.zip(dataset, is_own)
            dataset = pairs.filter(lambda _, is_own: is_own).map(
                lambda example, _: example
            )
        return _apply(dataset, steps[num_cheap:], task, lengths)


def _apply(
    dataset: tf.data.Dataset,
    steps: Sequence[Step],
    task: seqio.Task,
    lengths: Mapping[str, int],
) -> tf.data.Dataset:
    """Runs some preprocessors of a task, as SeqIO runs them."""
    for step in steps:
        dataset = seqio.utils.add_kwargs_to_transform(
            step,
            sequence_length=lengths,
            output_features=task.output_features,
        )(dataset)
    return dataset


def _cached_records(
    task: seqio.Task, split: str, seed: int, shuffle: bool
) -> tf.data.Dataset:
    """Returns one pass over a task's cache."""
    if task.cache_dir is None:
        # Of imported data, names have a colon.
        module = f"seqio_tasks{'.imported_tasks' if ':' in task.name else ''}"
        raise UserError(
            f"The task {task.name} has no cache in "
            f"{seqio.utils.get_global_cache_dirs() or 'any folder'}. Name its "
            "folder with --seqio_additional_cache_dirs, or make it: "
            f"seqio_cache_tasks --module_import={module} "
            f"--tasks={task.name} --output_cache_dir=DIR "
            "--pipeline_options=--runner=FnApiRunner"
        )
    # Task.get_dataset would run all its steps; a run that resumes skips
    # examples before the costly ones.
    source = task._get_cached_source(split)
    dataset = source.get_dataset(split=split, shuffle=shuffle, seed=seed)
    return dataset.shuffle(_SHUFFLE_RECORDS, seed=seed) if shuffle else dataset


def _steps_after(task: seqio.Task, is_cached: bool) -> list[Step]:
    """Returns a task's steps; those after the cache if that is read."""
    steps = list(task.preprocessors)
    places = [n for n, step in enumerate(steps) if _is_place_of_cache(step)]
    first = places[0] if is_cached and places else 0
    return [step for step in steps[first:] if not _is_place_of_cache(step)]


def _is_place_of_cache(step: Step) -> bool:
    return isinstance(step, seqio.CacheDatasetPlaceholder)
