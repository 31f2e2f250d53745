"""SeqIO's offline cache: the records that seqio_cache_tasks has written.

Our tasks are cached before anything is drawn at random, so an epoch from the
cache is as new as one from the sources, and an image is stored once, encoded.
"""

from collections.abc import Callable

import seqio
import tensorflow as tf

from pali_tf.data.randomness import SHUFFLE_RECORDS


def add_dirs(dirs: str) -> None:
    """Looks for caches in folders named "a,b", as T5X's flag has them."""
    seqio.add_global_cache_dirs(dirs.split(","))


def records_of(
    task: seqio.Task, split: str, seed: int, share: seqio.ShardInfo
) -> tf.data.Dataset:
    """Returns one pass over a reader's share of a task's cache, shuffled.

    Args:
        task: with a cache in one of SeqIO's folders.
        split: of the data.
        seed: of the shuffles.
        share: whole files where there are as many, else every n-th record.

    Raises:
        FileNotFoundError: the task has no cache; the message has the command
            that makes one.
    """
    if task.cache_dir is None:
        raise FileNotFoundError(
            f"The task {task.name} has no cache in "
            f"{seqio.utils.get_global_cache_dirs() or 'any folder'}. Name its "
            "folder with --seqio_additional_cache_dirs, or make it: "
            "seqio_cache_tasks --module_import=seqio_tasks "
            f"--tasks={task.name} --output_cache_dir=DIR "
            "--pipeline_options=--runner=FnApiRunner"
        )
    # Task.get_dataset would run all its steps; a run that resumes skips
    # examples before the costly ones.
    source = task._get_cached_source(split)
    shares_files = share.num_shards <= len(source.list_shards(split))
    dataset = source.get_dataset(
        split=split,
        # Shares of records must agree on the order they count in.
        shuffle=shares_files,
        seed=seed,
        shard_info=share if shares_files else None,
    )
    if not shares_files:
        dataset = dataset.shard(share.num_shards, share.index)
    return dataset.shuffle(SHUFFLE_RECORDS, seed=seed)


def steps_after(
    task: seqio.Task, is_cached: bool
) -> list[Callable[..., tf.data.Dataset]]:
    """Returns a task's steps; those after the cache if that is read."""
    is_place = [
        isinstance(step, seqio.CacheDatasetPlaceholder)
        for step in task.preprocessors
    ]
    first = is_place.index(True) + 1 if is_cached and any(is_place) else 0
    return [
        step
        for step, is_cache in zip(
            task.preprocessors[first:], is_place[first:], strict=True
        )
        if not is_cache
    ]
