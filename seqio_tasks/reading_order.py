"""The order in which a reader meets boxes: line by line, left to right."""

import tensorflow as tf

# Boxes whose centres are nearer than this share of their mean height are on
# one line.
_LINE_SHARE = 0.5


def reading_order(
    ymin: tf.Tensor, xmin: tf.Tensor, ymax: tf.Tensor
) -> tf.Tensor:
    """Orders boxes, with sides in [0, 1], as they are read: int32[N] indices.

    Boxes sorted by the height of their centres fall into lines wherever the
    next centre is farther down than half the mean height of a box. A line is
    read from left to right, whatever its script, as the paper orders OCR.

    Example: boxes at (y, x) = (.1, .8), (.12, .1), (.6, .3), each .2 high, are
    read as 1, 0, 2.

    Source: PaLI, arXiv 2209.06794, appendix (OCR strings "from top left to
        bottom right"); how lines are found is ours.
    """
    centres = (ymin + ymax) / 2
    by_height = tf.argsort(centres, stable=True)
    sorted_centres = tf.gather(centres, by_height)
    tolerance = _LINE_SHARE * tf.reduce_mean(ymax - ymin)
    is_new_line = sorted_centres[1:] - sorted_centres[:-1] > tolerance
    lines = tf.pad(tf.cumsum(tf.cast(is_new_line, tf.float32)), [[1, 0]])
    lines = lines[: tf.size(centres)]
    # xmin is below 1, so a line's boxes stay between it and the next.
    place = lines + tf.gather(xmin, by_height)
    return tf.gather(by_height, tf.argsort(place, stable=True))
