"""Classifying by the likelihood of the classes' names.

A task with a top-k metric is not decoded: the model ranks the names.

Source: PaLI, arXiv 2209.06794, section 4.4 (zero-shot classification).
"""

from collections.abc import Callable, Sequence

import numpy as np
import seqio
from absl import logging

from pali_tf.evaluation.seqio_metrics import top_1_metric, top_5_metric

Batch = dict[str, np.ndarray]
# Ranks C classes for a batch: B lists of names, the likeliest first, and B
# log-probabilities, of the likeliest.
RankFn = Callable[
    [Batch, Sequence[str]], tuple[Sequence[Sequence[str]], Sequence[float]]
]

_LABEL = "label/text"


def is_ranked(task: seqio.Task) -> bool:
    """Tells whether a task asks for classes in order."""
    return any(
        metric in (top_1_metric, top_5_metric) for metric in task.metric_fns
    )


def class_names(task: seqio.Task, split: str) -> tuple[str, ...]:
    """Reads the names of all classes that a split has, each once, sorted.

    Each record is read, but no image is decoded. They have `label/text`.
    """
    labels = task.source.get_dataset(split, shuffle=False).map(
        lambda example: example[_LABEL]
    )
    names = {
        name.decode() for row in labels.as_numpy_iterator() for name in row
    }
    logging.info("%s: %d classes in %s.", task.name, len(names), split)
    return tuple(sorted(names))
