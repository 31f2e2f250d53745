"""Checks of a request, inside the graph."""

import tensorflow as tf


def checked(
    value: tf.Tensor, is_good: tf.Tensor, *message: str | tf.Tensor
) -> tf.Tensor:
    """Gives a value, where all is good; else the graph refuses its input.

    Raises:
        tf.errors.InvalidArgumentError: in the graph, with the message: its
            texts and numbers, joined.
    """
    texts = [
        part if isinstance(part, str) else tf.strings.as_string(part)
        for part in message
    ]
    check = tf.debugging.Assert(
        tf.reduce_all(is_good), [tf.strings.join(texts)]
    )
    with tf.control_dependencies([check]):
        return tf.identity(value)
