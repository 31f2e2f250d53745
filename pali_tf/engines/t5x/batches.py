"""The native engine's batches as T5X takes data.

T5X's own pipeline draws another order at each start. Here the batch of step n
is a function of (seed, n), as natively, so a resumed run reads on where it
stopped and both engines see the same batches.
"""

import dataclasses
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from clu.data.dataset_iterator import ArraySpec, DatasetIterator

from pali_tf import files
from pali_tf.checkpoints.progress import Progress
from pali_tf.data import input_pipeline
from pali_tf.engines.t5x.own_run import OwnRun
from pali_tf.errors import UserError
from pali_tf.training.configs import check_training_order

_STEP = re.compile(r"checkpoint_(\d+)")


class TrainBatches(DatasetIterator):
    """Training batches from a step on, which a checkpoint can set.

    Args:
        open_at: step -> the batches from there on.
        standing: where the run goes on, and what it is; None: step 0.
        check_owner: raises UserError where the run may write no more.
    """

    def __init__(
        self,
        open_at: Callable[[int], Iterator[Any]],
        standing: Progress | None = None,
        check_owner: Callable[[], None] = lambda: None,
    ):
        self._open_at = open_at
        self._standing = standing or Progress(step=0)
        self._check_owner = check_owner
        self._restart(self._standing.step)

    def _restart(self, step: int) -> None:
        # Of a step whose batch nobody has taken yet.
        self._opened_at: int | None = step
        batches = self._open_at(step)
        first = next(batches)
        self._batches = itertools.chain([first], batches)
        self._spec = {
            name: ArraySpec(dtype=value.dtype, shape=value.shape)
            for name, value in first.items()
        }

    def __next__(self) -> dict[str, np.ndarray]:
        self._opened_at = None
        return next(self._batches)

    def reset(self) -> None:
        """Starts again at step 0."""
        self._restart(0)

    @property
    def element_spec(self) -> Any:
        """Shape and dtype of every feature."""
        return self._spec

    def save(self, filename: str | os.PathLike[str]) -> None:
        """Writes the position, and what the run is.

        T5X reads a batch ahead, so the number of batches read is not the
        position: it is the step of the checkpoint that this is saved in.

        Raises:
            UserError: another run has taken MODEL_DIR over.
        """
        self._check_owner()
        here = dataclasses.replace(self._standing, step=_step_of(filename))
        files.write_whole(filename, json.dumps(dataclasses.asdict(here)))

    def restore(self, filename: str | os.PathLike[str]) -> None:
        """Goes to the position that `save` wrote."""
        step = json.loads(files.as_path(filename).read_text())["step"]
        if step != self._opened_at:
            self._restart(step)


def get_dataset(
    cfg: Any,
    shard_id: int,
    num_shards: int,
    feature_converter_cls: Any = None,
    *,
    own_run: OwnRun | None = None,
) -> TrainBatches:
    """Gives a host's part of the training batches; T5X's `get_dataset_fn`.

    Args:
        cfg: t5x.utils.DatasetConfig.
        shard_id: which part of each batch this host reads.
        num_shards: of how many.
        feature_converter_cls: the model's; it is the one that we use.
        own_run: whose MODEL_DIR is checked; None: it begins at step 0.

    Raises:
        UserError: a setting that would change the batches, or MODEL_DIR is
            not this run's.
    """
    del feature_converter_cls
    check_training_order(cfg)

    def open_at(step: int) -> Iterator[Any]:
        return _rows(cfg, (shard_id, num_shards), step)

    if own_run is None:
        return TrainBatches(open_at)
    return TrainBatches(open_at, *own_run.enter(cfg))


def get_training_eval_datasets(
    cfg: Any,
    shard_id: int,
    num_shards: int,
    eval_steps: int,
    feature_converter_cls: Any = None,
) -> dict[str, tf.data.Dataset]:
    """Gives {the mixture's name: its `eval_steps` validation batches}.

    As of `get_dataset`, a host's part. The losses of the mixture's tasks are
    among the metrics of each batch.
    """
    del feature_converter_cls

    def batches() -> Iterator[Any]:
        part = (shard_id, num_shards)
        return itertools.islice(_rows(cfg, part, 0), eval_steps)

    signature = {
        name: tf.TensorSpec(value.shape, value.dtype)
        for name, value in next(batches()).items()
    }
    dataset = tf.data.Dataset.from_generator(
        batches, output_signature=signature
    )
    return {cfg.mixture_or_task_name.name: dataset}


def _rows(
    cfg: Any, part: tuple[int, int], start_step: int
) -> Iterator[dict[str, np.ndarray]]:
    """Yields a part of each batch: which of how many."""
    index, count = part
    if cfg.batch_size % count:
        raise UserError(
            f"BATCH_SIZE {cfg.batch_size} does not divide over the {count} "
            "parts that T5X's hosts read."
        )
    size = cfg.batch_size // count
    return input_pipeline.train_batches(
        cfg.mixture_or_task_name,
        input_pipeline.reading_of(
            cfg, start_step, range(index * size, (index + 1) * size)
        ),
    )


def _step_of(filename: str | os.PathLike[str]) -> int:
    found = _STEP.search(os.fspath(filename))
    if found is None:
        raise UserError(f"{filename} lies in no checkpoint_<step> folder.")
    return int(found[1])
