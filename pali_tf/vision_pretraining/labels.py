"""Labels that say what is in an image and where.

Plain labels ("star") teach a tower to forget place, and a frozen tower cannot
learn it later. So a label is a word with a row or a column:

    a red star in the top left cell of a 4x4 grid
    -> "red|r0" "star|r0" "red|c0" "star|c0"

and a printed word gives such labels for each of its characters.

A batch is handled as one flat list of points, each with the row of the batch
that it belongs to: string operations cost by the call.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import tensorflow as tf

# A batch parsed with FEATURES: tf.Tensor and, where an image has many,
# tf.RaggedTensor.
Examples: TypeAlias = Mapping[str, Any]

_SIDES = ("ymin", "xmin", "ymax", "xmax")
FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/object/class/text": tf.io.RaggedFeature(tf.string),
    "ocr/text": tf.io.RaggedFeature(tf.string),
} | {
    f"{kind}/bbox/{side}": tf.io.RaggedFeature(tf.float32)
    for kind in ("image/object", "ocr")
    for side in _SIDES
}


class Points(NamedTuple):
    """K names, each at a place of an image.

    Attributes:
        names: string[K].
        y: float32[K], in [0, 1] within the image.
        x: float32[K].
        rows: int32[K]. Which example of the batch.
    """

    names: tf.Tensor
    y: tf.Tensor
    x: tf.Tensor
    rows: tf.Tensor


def all_points(examples: Examples) -> Points:
    """Gives every word of every object, and every printed character."""
    parts = zip(
        object_points(examples), character_points(examples), strict=True
    )
    return Points(*(tf.concat(part, axis=0) for part in parts))


def object_points(examples: Examples) -> Points:
    """Gives the words of each object's label at the middle of its box."""
    text = examples["image/object/class/text"]
    ymin, xmin, ymax, xmax = _boxes(examples, "image/object")
    words = tf.strings.split(text.flat_values)
    owner = words.value_rowids()
    return Points(
        words.flat_values,
        tf.gather((ymin + ymax) / 2, owner),
        tf.gather((xmin + xmax) / 2, owner),
        tf.gather(text.value_rowids(), owner),
    )


def character_points(examples: Examples) -> Points:
    """Gives each printed character; they share their word's box equally."""
    text = examples["ocr/text"]
    ymin, xmin, ymax, xmax = _boxes(examples, "ocr")
    characters = tf.strings.unicode_split(text.flat_values, "UTF-8")
    owner = characters.value_rowids()
    counts = tf.cast(characters.row_lengths(), tf.int32)
    index = tf.cast(tf.ragged.range(counts).flat_values, tf.float32)
    part = (index + 0.5) / tf.cast(tf.gather(counts, owner), tf.float32)
    return Points(
        characters.flat_values,
        tf.gather((ymin + ymax) / 2, owner),
        tf.gather(xmin, owner) + part * tf.gather(xmax - xmin, owner),
        tf.gather(text.value_rowids(), owner),
    )


def place_labels(points: Points, grid: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Joins each name with its row and with its column of the grid.

    Args:
        points: those outside [0, 1) are left out.
        grid: int. Rows, and columns.

    Returns:
        string[L] labels and int32[L], which example of the batch; L <= 2K.
    """
    inside = (points.y >= 0) & (points.y < 1) & (points.x >= 0) & (points.x < 1)
    names, y, x, rows = (tf.boolean_mask(part, inside) for part in points)

    def cell(position: tf.Tensor) -> tf.Tensor:
        return tf.strings.as_string(tf.cast(position * grid, tf.int32))

    labels = tf.concat(
        [
            tf.strings.join([names, "|r", cell(y)]),
            tf.strings.join([names, "|c", cell(x)]),
        ],
        axis=0,
    )
    return labels, tf.tile(rows, [2])


def _boxes(examples: Examples, kind: str) -> list[tf.Tensor]:
    return [examples[f"{kind}/bbox/{side}"].flat_values for side in _SIDES]
