"""From the ViT's tokens to the language encoder's input sequence."""

from keras import ops

from pali_tf.layers.dense import Dense
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.types import Array


def make_connector(width: int, use_bias: bool, policy: object) -> Dense:
    """Makes the linear projection of visual tokens to the language width.

    Its initial values keep the unit variance of the ViT's last norm, which is
    also the variance of mT5's embeddings.

    Source: linear in PaLI-3 and PaliGemma; PaLI says nothing of it.
    """
    return Dense(
        width,
        use_bias=use_bias,
        kernel_initializer=VarianceScaling(1.0, "fan_in"),
        dtype=policy,
        name="connector",
    )


def join_image_and_text(
    visual: Array, image_mask: Array, text: Array, text_valid: Array
) -> tuple[Array, Array]:
    """Puts the visual tokens before the text tokens.

        image_mask  text_valid     joined valid (P = 2)
        1           1 1 1 0        1 1 1 1 1 0
        0           1 1 0 0        0 0 1 1 0 0

    Args:
        visual: float[B, P, D].
        image_mask: bool[B]. False: a text-only example.
        text: float[B, S, D].
        text_valid: bool[B, S].

    Returns:
        float[B, P+S, D] and bool[B, P+S].
    """
    batch, num_patches, _ = ops.shape(visual)
    visual_valid = ops.broadcast_to(
        ops.cast(image_mask, "bool")[:, None], (batch, num_patches)
    )
    return (
        ops.concatenate([visual, ops.cast(text, visual.dtype)], axis=1),
        ops.concatenate([visual_valid, text_valid], axis=1),
    )
