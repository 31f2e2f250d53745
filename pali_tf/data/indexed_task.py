"""Tasks whose examples are found by number: those of stored examples."""

from collections.abc import Callable, Iterator, Mapping

import seqio
import tensorflow as tf

from pali_tf.data import streamed_task
from pali_tf.data.autograph import without_autograph
from pali_tf.data.randomness import SEED, draw_seed
from pali_tf.data.stored_examples import StoredExamples
from pali_tf.data.task_stream import Chunk, dataset_of
from pali_tf.errors import UserError


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
        step is joining or isinstance(step, seqio.CacheDatasetPlaceholder)
        for step in steps[: steps.index(draw_seed)]
    )


def features(
    task: seqio.Task,
    lengths: Mapping[str, int],
    chunks: Callable[[], Iterator[Chunk]],
    failures: list[UserError] | None = None,
) -> tf.data.Dataset:
    """Returns what a task makes of stored examples.

    Args:
        task: that `is_indexed`.
        lengths: of the task features.
        chunks: its examples; called at each iteration.
        failures: as of `task_stream.dataset_of`.
    """
    parse = task.source.parser(lengths)

    @without_autograph
    def parse_with_seed(
        record: tf.Tensor, entry: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        return {**parse(record, entry), SEED: seed}

    dataset = dataset_of(chunks, failures).map(
        parse_with_seed, num_parallel_calls=tf.data.AUTOTUNE
    )
    steps = list(task.preprocessors)
    return streamed_task.apply(
        dataset, steps[steps.index(draw_seed) + 1 :], task, lengths
    )
