"""Log-probabilities of given tokens, without those of all the others."""

from jaxtyping import Float32, Int
from keras import ops

from pali_tf.types import Array


def log_probability(
    logits: Float32[Array, "*any V"], ids: Int[Array, "*any"]
) -> Float32[Array, "*any"]:
    """Gives log softmax(logits)[ids] along the last axis, <= 0."""
    picked = ops.take_along_axis(logits, ids[..., None], axis=-1)[..., 0]
    return picked - ops.logsumexp(logits, axis=-1)
