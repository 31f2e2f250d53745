"""From the ViT's tokens to the language encoder's input sequence."""

from jaxtyping import Bool, Float
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
    visual: Float[Array, "B P D"],
    image_mask: Bool[Array, " B"],
    text: Float[Array, "B S D"],
    text_valid: Bool[Array, "B S"],
) -> tuple[Float[Array, "B P+S D"], Bool[Array, "B P+S"]]:
    """Puts the visual tokens before the text tokens.

    image_mask  text_valid     joined valid (P = 2)
    1           1 1 1 0        1 1 1 1 1 0
    0           1 1 0 0        0 0 1 1 0 0
    """
    batch, num_patches, _ = ops.shape(visual)
    visual_valid = ops.broadcast_to(
        ops.cast(image_mask, "bool")[:, None], (batch, num_patches)
    )
    return (
        ops.concatenate([visual, ops.cast(text, visual.dtype)], axis=1),
        ops.concatenate([visual_valid, text_valid], axis=1),
    )
