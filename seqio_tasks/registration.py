"""Registering a task: every task has these steps."""

from collections.abc import Callable, Sequence

import seqio
import tensorflow as tf

from pali_tf.data.randomness import draw_seed
from pali_tf.evaluation import seqio_metrics as metrics
from seqio_tasks import features
from seqio_tasks.sources import StoredExamples


def add_task(
    name: str,
    source: StoredExamples,
    make_text: Callable[..., features.Example],
    metric_fns: Sequence[Callable[..., metrics.Scores]],
    *,
    before: Sequence[Callable[..., tf.data.Dataset]] = (),
) -> None:
    """Registers a task with SeqIO.

    Args:
        name: of the task.
        source: its stored examples.
        make_text: from a record to its prompt and target, such as those of
            `preprocessors`.
        metric_fns: of `pali_tf.evaluation.seqio_metrics`.
        before: steps over whole records, ahead of all others.
    """
    seqio.TaskRegistry.add(
        name,
        source=source,
        preprocessors=[
            # What seqio_cache_tasks stores is the record, its image encoded
            # and once; all that is drawn at random comes after it.
            seqio.CacheDatasetPlaceholder(),
            *before,
            draw_seed,
            features.keep_image(make_text),
            features.add_image(name),
            features.tokenize,
        ],
        output_features=features.OUTPUT_FEATURES,
        postprocess_fn=metrics.make_target,
        metric_fns=metric_fns,
        # The source shuffles compressed records; a second shuffle would hold
        # decoded images.
        shuffle_buffer_size=None,
    )
