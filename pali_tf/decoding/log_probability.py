"""Log-probabilities of given tokens, without those of all the others."""

from keras import ops

from pali_tf.types import Array


def log_probability(logits: Array, ids: Array) -> Array:
    """Gives log softmax(logits)[ids] along the last axis.

    Args:
        logits: float32[..., V].
        ids: int32[...].

    Returns:
        float32[...], <= 0.
    """
    picked = ops.take_along_axis(logits, ids[..., None], axis=-1)[..., 0]
    return picked - ops.logsumexp(logits, axis=-1)
