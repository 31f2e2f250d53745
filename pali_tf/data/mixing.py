"""Which task each example of a mixture is of: a function of (seed, place).

SeqIO's own sampling has a state; this has none, so training can start at any
step and know at once how many examples of each task came before.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# Choices are drawn so many at a time.
_BLOCK = 4096


def task_choices(
    rates: Sequence[float], seed: int, start: int = 0
) -> tf.data.Dataset:
    """Draws the task of each example from `start` on, for ever.

    Args:
        rates: K relative rates, > 0 in sum.
        seed: int32 range.
        start: the first example's place in the mixture.

    Returns:
        Dataset of int64[] in [0, K).
    """
    blocks = tf.data.Dataset.counter(start // _BLOCK)
    blocks = blocks.map(lambda block: _draw_block(rates, seed, block))
    return blocks.unbatch().skip(start % _BLOCK)


def task_counts(rates: Sequence[float], seed: int, end: int) -> np.ndarray:
    """Counts the examples of each task before place `end`: int64[K]."""
    counts = np.zeros(len(rates), np.int64)
    draw = tf.function(lambda block: _draw_block(rates, seed, block))
    for block in range(end // _BLOCK + 1):
        length = min(end - block * _BLOCK, _BLOCK)
        choices = draw(tf.constant(block, tf.int64)).numpy()[:length]
        counts += np.bincount(choices, minlength=len(rates))
    return counts


def _draw_block(
    rates: Sequence[float], seed: int, block: tf.Tensor
) -> tf.Tensor:
    bounds = np.cumsum(np.asarray(rates, np.float64) / np.sum(rates))
    draws = tf.random.stateless_uniform(
        [_BLOCK], tf.stack([tf.constant(seed, tf.int64), block])
    )
    # Without the last bound, which rounding may leave below 1.
    return tf.searchsorted(
        tf.constant(bounds[:-1], tf.float32),
        draws,
        side="right",
        out_type=tf.int64,
    )
