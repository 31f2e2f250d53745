"""Labels that say what is in an image and where.

Plain labels ("star") teach a tower to forget place, and a frozen tower cannot
learn it later. So a label is a word with a row or a column:

    a red star in the top left cell of a 4x4 grid
    -> "red|r0" "red|c0" "star|r0" "star|c0" "red star|r0" "red star|c0"

and a printed word gives such labels for each of its characters.
"""

import tensorflow as tf

FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/object/class/text": tf.io.VarLenFeature(tf.string),
    "ocr/text": tf.io.VarLenFeature(tf.string),
} | {
    f"{kind}/bbox/{side}": tf.io.VarLenFeature(tf.float32)
    for kind in ("image/object", "ocr")
    for side in ("ymin", "xmin", "ymax", "xmax")
}


def object_points(
    example: dict[str, tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gives every name and where it is.

    Args:
        example: a parsed stored example, dense, with FEATURES.

    Returns:
        string[K] names, float32[K] y and float32[K] x in [0, 1].
    """
    text = example["image/object/class/text"]
    box = [
        example[f"image/object/bbox/{side}"]
        for side in ("ymin", "xmin", "ymax", "xmax")
    ]
    y, x = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    words = tf.strings.split(text)
    # The whole label counts as a name beside each of its words.
    names = tf.concat([words, text[:, None]], axis=1)
    per_object = names.row_lengths()
    return names.flat_values, tf.repeat(y, per_object), tf.repeat(x, per_object)


def character_points(
    example: dict[str, tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gives every printed character and where it is.

    The characters of a word share its box in equal parts, left to right.

    Args:
        example: a parsed stored example, dense, with FEATURES.

    Returns:
        string[K] characters, float32[K] y and float32[K] x in [0, 1].
    """
    ymin, xmin, ymax, xmax = (
        example[f"ocr/bbox/{side}"] for side in ("ymin", "xmin", "ymax", "xmax")
    )
    characters = tf.strings.unicode_split(example["ocr/text"], "UTF-8")
    counts = tf.cast(characters.row_lengths(), tf.int32)
    index = tf.cast(tf.ragged.range(counts).flat_values, tf.float32)

    def spread(per_word: tf.Tensor) -> tf.Tensor:
        return tf.repeat(per_word, counts)

    part = (index + 0.5) / spread(tf.cast(counts, tf.float32))
    x = spread(xmin) + part * spread(xmax - xmin)
    return characters.flat_values, spread((ymin + ymax) / 2), x


def place_labels(
    names: tf.Tensor, y: tf.Tensor, x: tf.Tensor, grid: int
) -> tf.Tensor:
    """Joins each name with its row and with its column.

    Args:
        names: string[K].
        y: float32[K]. Points outside [0, 1) are left out.
        x: float32[K].
        grid: int. Rows, and columns.

    Returns:
        string[L], at most 2K labels.
    """
    inside = (y >= 0) & (y < 1) & (x >= 0) & (x < 1)
    names = tf.boolean_mask(names, inside)

    def cell(position: tf.Tensor) -> tf.Tensor:
        position = tf.boolean_mask(position, inside)
        return tf.strings.as_string(tf.cast(position * grid, tf.int32))

    return tf.concat(
        [
            tf.strings.join([names, "|r", cell(y)]),
            tf.strings.join([names, "|c", cell(x)]),
        ],
        axis=0,
    )
