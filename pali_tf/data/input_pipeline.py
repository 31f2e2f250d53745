"""Batches for training, and examples for evaluation.

Everything is seeded and keeps its order: the batch of step n is a function of
(seed, n, number of readers), and never of how many processes read it. A run
that starts again at step n passes over the examples before it, task by task,
where they are still compressed records: no text is made and no image is
decoded.
"""

import dataclasses
import difflib
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import seqio
import tensorflow as tf
from absl import logging

from pali_tf.data import diagnosis, mixing
from pali_tf.data.autograph import without_autograph
from pali_tf.data.feature_converter import PaliFeatureConverter
from pali_tf.data.offline_cache import records_of, steps_after
from pali_tf.data.randomness import draw_seed

# Batches made ahead of the step that asks for them.
_PREFETCH_BATCHES = 4

_TRUNCATED = "is_truncated"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Reading:
    """How one reader reads each task of a mixture.

    Attributes:
        lengths: of the task features.
        seed: >= 0.
        split: of the data.
        share: which records.
        use_cached: those that seqio_cache_tasks wrote.
    """

    lengths: Mapping[str, int]
    seed: int
    split: str
    share: seqio.ShardInfo
    use_cached: bool


def find_mixture_or_task(name: str) -> seqio.Mixture | seqio.Task:
    """Returns the registered mixture or task.

    Raises:
        ValueError: there is none; the message has the nearest names.
    """
    if name in seqio.MixtureRegistry.names():
        return seqio.MixtureRegistry.get(name)
    if name in seqio.TaskRegistry.names():
        return seqio.TaskRegistry.get(name)
    known = sorted(
        {*seqio.MixtureRegistry.names(), *seqio.TaskRegistry.names()}
    )
    nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    raise ValueError(
        f"There is no mixture or task {name!r}. "
        + (
            f"Nearest: {', '.join(nearest)}."
            if nearest
            else f"Known: {', '.join(known) or 'none; import seqio_tasks'}."
        )
    )


def train_batches(
    mixture: seqio.Mixture | seqio.Task,
    *,
    feature_lengths: Mapping[str, int],
    batch_size: int,
    seed: int,
    split: str = "train",
    start_step: int = 0,
    num_readers: int = 1,
    readers: Sequence[int] | None = None,
    use_cached: bool = False,
) -> Iterator[dict[str, np.ndarray]]:
    """Yields a mixture's batches for ever, from step `start_step` on.

    A reader is a stream of its own over 1 / num_readers of each source. Reader
    r of R fills rows [r B / R, (r + 1) B / R) of the batch.

    Args:
        mixture: its tasks must give PaliFeatureConverter's task features.
        feature_lengths: "inputs", "targets" and "images" (S, T, H); with
            "visual_tokens" (P), stored tokens are read in place of images.
        batch_size: B.
        seed: >= 0. Same seed and step, same batch.
        split: "train".
        start_step: the step whose batch comes first.
        num_readers: R, which divides B.
        readers: whose rows to give, in order; None: all.
        use_cached: read what seqio_cache_tasks wrote in place of the sources.

    Yields:
        The model features of PaliFeatureConverter, each with a leading B, or
        the share of it that `readers` fill.

    Raises:
        FileNotFoundError: there are no data.
        ValueError: a file is truncated or an image corrupt; the message names
            it. Or R does not divide B, or a source has fewer than R records.
    """
    if num_readers < 1 or batch_size % num_readers:
        raise ValueError(
            f"num_readers is {num_readers}, which does not divide the batch of "
            f"{batch_size}."
        )
    num_rows = batch_size // num_readers
    streams = [
        _mixed_examples(
            mixture,
            _Reading(
                lengths=feature_lengths,
                seed=_reader_seed(seed, reader, num_readers),
                split=split,
                share=seqio.ShardInfo(index=reader, num_shards=num_readers),
                use_cached=use_cached,
            ),
            start=start_step * num_rows,
        ).batch(num_rows, drop_remainder=True)
        for reader in (range(num_readers) if readers is None else readers)
    ]
    dataset = streams[0]
    if len(streams) > 1:
        dataset = tf.data.Dataset.zip(*streams).map(
            lambda *parts: tf.nest.map_structure(
                lambda *rows: tf.concat(rows, axis=0), *parts
            )
        )
    dataset = dataset.prefetch(_PREFETCH_BATCHES).with_options(_options())
    tasks = seqio.get_subtasks(mixture)
    num_truncated = 0
    for step, batch in enumerate(
        diagnosis.explained(dataset, tasks, split, feature_lengths),
        start=start_step,
    ):
        truncated = int(batch.pop(_TRUNCATED).sum())
        num_truncated += truncated
        # Once a doubling: often at first, never a flood.
        if (
            truncated
            and num_truncated.bit_length()
            > (num_truncated - truncated).bit_length()
        ):
            logging.warning(
                "%d prompts were over %d tokens up to step %d and lost the end "
                "of their middle; a longer inputs length keeps them whole.",
                num_truncated,
                feature_lengths["inputs"],
                step,
            )
        yield batch


def eval_dataset(
    task: seqio.Task,
    *,
    feature_lengths: Mapping[str, int],
    split: str,
    seed: int,
) -> tf.data.Dataset:
    """Returns one ordered pass over a task's examples, all their fields kept.

    What a task draws at random for an example is drawn from `seed`, so each
    call gives the same examples.
    """
    return task.get_dataset(
        feature_lengths,
        split=split,
        shuffle=False,
        seed=seed,
        num_epochs=1,
        trim_output_features=False,
        try_in_mem_cache=False,
    ).with_options(_options())


def train_examples(
    mixture: seqio.Mixture | seqio.Task,
    *,
    feature_lengths: Mapping[str, int],
    seed: int,
    split: str = "train",
    use_cached: bool = False,
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yields the examples of training one by one, all their fields kept.

    Example n is row n % B of batch n // B of `train_batches` with one reader,
    before it is padded. Tasks of any SeqIO registry will do: their features
    need not be those of PaliFeatureConverter.

    Args:
        mixture: what to draw from.
        feature_lengths: by feature; longer ones are not cut here.
        seed: >= 0. Same seed, same examples.
        split: "train".
        use_cached: read what seqio_cache_tasks wrote in place of the sources;
            the order is another one.

    Yields:
        (name of the task, its example as numpy).

    Raises:
        FileNotFoundError: there are no data.
        ValueError: a file is truncated or an image corrupt; the message names
            it.
    """
    tasks, rates = _tasks_and_rates(mixture)
    reading = _Reading(
        lengths=feature_lengths,
        seed=seed,
        split=split,
        share=seqio.ShardInfo(index=0, num_shards=1),
        use_cached=use_cached,
    )
    streams = []
    for task in tasks:
        stream = _task_features(task, reading).with_options(_options())
        streams.append(
            diagnosis.explained(stream, [task], split, feature_lengths)
        )
    choices = mixing.task_choices(rates, seed).prefetch(1)
    for choice in map(int, choices.as_numpy_iterator()):
        yield tasks[choice].name, next(streams[choice])


def _mixed_examples(
    mixture: seqio.Mixture | seqio.Task, reading: _Reading, *, start: int
) -> tf.data.Dataset:
    """Returns a mixture's model features, for ever, from example `start` on."""
    tasks, rates = _tasks_and_rates(mixture)
    num_before = mixing.task_counts(rates, reading.seed, start)
    streams = [
        _task_examples(task, reading, skip=int(skip))
        for task, skip in zip(tasks, num_before, strict=True)
    ]
    return tf.data.Dataset.choose_from_datasets(
        streams, mixing.task_choices(rates, reading.seed, start)
    )


def _tasks_and_rates(
    mixture: seqio.Mixture | seqio.Task,
) -> tuple[Sequence[seqio.Task], list[float]]:
    tasks = seqio.get_subtasks(mixture)
    if isinstance(mixture, seqio.Mixture):
        return tasks, [mixture.get_rate(task) for task in tasks]
    return tasks, [1.0]


def _task_examples(
    task: seqio.Task, reading: _Reading, *, skip: int
) -> tf.data.Dataset:
    """Returns a task's model features, for ever, without the first `skip`."""
    converter = PaliFeatureConverter()

    @without_autograph
    def convert(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        truncated = example.get(_TRUNCATED, tf.constant(False))
        converted = converter.convert(example, reading.lengths)
        return {**converted, _TRUNCATED: truncated}

    return _task_features(task, reading, skip=skip).map(
        convert, num_parallel_calls=tf.data.AUTOTUNE
    )


def _task_features(
    task: seqio.Task, reading: _Reading, *, skip: int = 0
) -> tf.data.Dataset:
    """Returns all that a task makes, for ever, without the first `skip`."""
    seed = _named_seed(reading.seed, task.name)
    dataset = (
        records_of(task, reading.split, seed, reading.share)
        if reading.use_cached
        else task.source.get_dataset(
            split=reading.split,
            shuffle=True,
            seed=seed,
            shard_info=reading.share,
            sequence_length=reading.lengths,
        )
    )
    dataset = dataset.repeat()
    steps = steps_after(task, reading.use_cached)
    # Up to its seed, an example costs little.
    num_cheap = 1 + steps.index(draw_seed) if draw_seed in steps else len(steps)
    with seqio.utils.map_seed_manager(seed):
        for index, step in enumerate(steps):
            step = seqio.utils.add_kwargs_to_transform(
                step,
                sequence_length=reading.lengths,
                output_features=task.output_features,
            )
            dataset = step(dataset)
            # An empty skip would keep steps apart that can be one.
            if index + 1 == num_cheap and skip:
                dataset = dataset.skip(skip)
    return dataset


def _reader_seed(seed: int, reader: int, num_readers: int) -> int:
    """Gives a reader's seed: no two shall draw the same tasks side by side."""
    if num_readers == 1:
        return seed
    return _named_seed(seed, f"reader {reader} of {num_readers}")


def _named_seed(seed: int, name: str) -> int:
    # Tasks of one source shall not walk through it side by side.
    return (seed + zlib.crc32(name.encode())) % 2**31


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
