"""The training loss: weighted token cross-entropy in float32.

Source: google-research/t5x, t5x/losses.py. It writes the gradient by hand
over one-hot targets; here the target's logit is gathered and JAX
differentiates, so no [B, T, V] of targets is made.
"""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Float, Float32, Int

from pali_tf.errors import UserError, nearest
from pali_tf.types import Array

# The normalisers that are computed from the batch, by T5X's names.
_SPECIAL = ("NUM_REAL_TARGET_TOKENS", "NUM_TOTAL_TARGET_TOKENS")


def token_cross_entropy(
    logits: Float[Array, "*any V"],
    targets: Int[Array, "..."],
    *,
    label_smoothing: float = 0.0,
    z_loss: float = 0.0,
) -> tuple[Float32[Array, "*any"], Float32[Array, "*any"]]:
    """Gives the cross-entropy of every token.

    With smoothing e the target keeps 1 - e and the other V - 1 classes share
    e; the entropy of that distribution is subtracted, so that a perfect
    prediction has loss 0. z_loss * log(Z)^2 keeps the logits near
    normalised, which bfloat16 needs.

    Returns:
        (cross_entropy, z_loss); the loss of a token is their sum.

    Example: logits [[[0., 0.]]], targets [[1]] give ([[0.6931]], [[0.]]).
    """
    if logits.ndim != targets.ndim + 1:
        raise ValueError(
            "logits need one dimension more than targets: got "
            f"{logits.shape} and {targets.shape}."
        )
    logits = logits.astype(jnp.float32)
    vocab_size = logits.shape[-1]
    log_z = jax.nn.logsumexp(logits, axis=-1)
    target = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    if label_smoothing:
        on = 1.0 - label_smoothing
        off = label_smoothing / (vocab_size - 1)
        others = jnp.sum(logits, axis=-1) - target
        entropy = -on * math.log(on) - label_smoothing * math.log(off)
        cross_entropy = log_z - on * target - off * others - entropy
    else:
        cross_entropy = log_z - target
    return cross_entropy, z_loss * jnp.square(log_z)


def check_normalizing_factor(factor: float | str | None) -> None:
    """Raises ValueError if `factor` is not one that `normalizer` knows."""
    if isinstance(factor, str):
        if factor not in _SPECIAL:
            raise UserError(
                "loss_normalizing_factor is a number, None or a name, but no "
                f"{factor!r}{nearest(factor, _SPECIAL)}"
            )
    elif factor is not None and factor <= 0:
        raise UserError(
            f"loss_normalizing_factor must be above 0, got {factor}."
        )


def normalizer(
    factor: float | str | None, weights: Float32[Array, "B T"]
) -> Float32[Array, ""]:
    """Gives the number that the summed loss of a batch is divided by.

    Args:
        factor: None (1: the plain sum, T5X's default), a number, or
            "NUM_REAL_TARGET_TOKENS" (the sum of weights, at least 1, so that
            a batch without targets has loss 0) or "NUM_TOTAL_TARGET_TOKENS"
            (padding counted).
        weights: in [0, 1]; 0 marks padding.
    """
    check_normalizing_factor(factor)
    if factor == "NUM_REAL_TARGET_TOKENS":
        return jnp.maximum(jnp.sum(weights), 1.0)
    if factor == "NUM_TOTAL_TARGET_TOKENS":
        return jnp.float32(math.prod(weights.shape))
    return jnp.float32(1.0 if factor is None else factor)
