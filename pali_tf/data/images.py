"""Image bytes to pixels: one function for training, evaluation and serving."""

import tensorflow as tf


def decode_image(encoded: tf.Tensor, side: int) -> tf.Tensor:
    """Decodes an image file's bytes and makes the image a square.

    Plain TensorFlow operations only, as the exported model runs this too.
    JPEG is decoded with INTEGER_ACCURATE, which equals Pillow's result; the
    default method is off by up to 4 of 255. The aspect ratio is not kept, as in
    PaliGemma (PaLI does not say); an image that has the size already keeps its
    exact pixels.

    Args:
        encoded: string[]. The bytes of a JPEG (or PNG) file.
        side: height and width of the result, in pixels.

    Returns:
        uint8[side, side, 3].

    Source: PaLI, arXiv 2209.06794, section 3; google-research/big_vision
        big_vision/pp/ops_image.py:get_resize @ 0127fb6, with antialiasing.
    """
    image = tf.io.decode_jpeg(
        encoded, channels=3, dct_method="INTEGER_ACCURATE"
    )
    shape = tf.shape(image)
    is_sized = tf.logical_and(shape[0] == side, shape[1] == side)
    image = tf.cond(is_sized, lambda: image, lambda: _resize(image, side))
    return tf.ensure_shape(image, [side, side, 3])


def _resize(image: tf.Tensor, side: int) -> tf.Tensor:
    resized = tf.image.resize(
        image, [side, side], method="bilinear", antialias=True
    )
    rounded = tf.clip_by_value(tf.round(resized), 0.0, 255.0)
    return tf.cast(rounded, tf.uint8)
