"""One random seed for each example, drawn where it costs nothing.

All that a task chooses at random (a language, a question, a split point) comes
from the example's own seed. So the input pipeline can skip examples right after
`draw_seed`, before any text or image is touched, and what follows is the same.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import seqio
import tensorflow as tf

SEED = "seed"


# Here as in other functions that build data sets: what they map is TensorFlow
# already, and to rewrite that Python took half the time to the first batch.
@tf.autograph.experimental.do_not_convert
def draw_seed(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Adds `seed`, int64[2], a new one for each example of each epoch.

    It is a number that SeqIO draws for the task, and the example's place. A
    number of SeqIO's for each example would cost more than many a prompt.
    """
    drawn = _draw_number(tf.data.Dataset.range(1)).get_single_element()

    def add(place: tf.Tensor, example: dict[str, tf.Tensor]) -> Any:
        return {**example, SEED: tf.stack([drawn, place])}

    return dataset.enumerate().map(add, num_parallel_calls=tf.data.AUTOTUNE)


def _first_of(_: tf.Tensor, seed: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    return seed[0]


_draw_number: Callable[..., tf.data.Dataset] = seqio.map_over_dataset(
    _first_of, num_seeds=1
)


def random_index(count: tf.Tensor, seed: tf.Tensor, salt: int) -> tf.Tensor:
    """Draws an index below `count`, each as likely: int32[].

    Args:
        count: int32[], > 0.
        seed: the example's.
        salt: tells apart the choices of one example.
    """
    return tf.random.stateless_uniform(
        [], _salted(seed, salt), maxval=count, dtype=tf.int32
    )


def weighted_index(
    weights: Sequence[int], seed: tf.Tensor, salt: int
) -> tf.Tensor:
    """Draws an index by weight: int32[] in [0, len(weights)).

    One of weight 2 comes twice as often as one of weight 1.
    """
    bounds = tf.constant(list(itertools.accumulate(weights)), tf.int32)
    drawn = random_index(bounds[-1], seed, salt)
    return tf.reduce_sum(tf.cast(drawn >= bounds, tf.int32))


def random_order(count: tf.Tensor, seed: tf.Tensor, salt: int) -> tf.Tensor:
    """Draws a permutation of 0 ... count-1: int32[count]."""
    keys = tf.random.stateless_uniform(tf.stack([count]), _salted(seed, salt))
    return tf.argsort(keys)


def _salted(seed: tf.Tensor, salt: int) -> tf.Tensor:
    # The counter-based generator scrambles its seed, so neighbouring seeds
    # give unrelated numbers.
    return seed + tf.constant([0, salt << 48], tf.int64)
