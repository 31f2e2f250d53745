"""Images of a request: checked, decoded, batched; plain TensorFlow ops."""

import tensorflow as tf

from pali_tf.data.images import decode_image
from serving.graph_checks import checked

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def decode_images(image_bytes: tf.Tensor, side: int) -> tf.Tensor:
    """Decodes every image of a request, as training does.

    Args:
        image_bytes: string[B]. JPEG or PNG files.
        side: height and width of the result uint8[B, side, side, 3].

    Raises:
        tf.errors.InvalidArgumentError: in the graph: one is no such file. The
            message names the first: "image_bytes[3] is not a JPEG or PNG
            file: ...". TensorFlow decodes GIF and BMP as well, which training
            never saw.
    """
    is_image = tf.logical_or(
        tf.io.is_jpeg(image_bytes),
        tf.strings.substr(image_bytes, 0, len(_PNG_SIGNATURE))
        == _PNG_SIGNATURE,
    )
    # argmin of no images is an error of its own, so one good one is added.
    first_bad = tf.argmin(tf.cast(tf.concat([is_image, [True]], 0), tf.int32))
    num_bytes = tf.strings.length(tf.concat([image_bytes, [""]], 0))[first_bad]
    image_bytes = checked(
        image_bytes,
        is_image,
        "image_bytes[",
        first_bad,
        "] is not a JPEG or PNG file: its ",
        num_bytes,
        " bytes begin with neither signature.",
    )
    return tf.map_fn(
        lambda encoded: decode_image(encoded, side),
        image_bytes,
        fn_output_signature=tf.TensorSpec([side, side, 3], tf.uint8),
    )
