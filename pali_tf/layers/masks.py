"""Attention masks: booleans, true where a query may look.

keys        k0 k1 k2
causal q0    1  0  0
q1    1  1  0
q2    1  1  1
"""

from jaxtyping import Bool, Float32
from keras import ops

from pali_tf.types import Array

# Added to a logit that must not count; finite, so that a row of a padded
# query, which may look nowhere, still has a softmax.
_MASKED = -1e10


def make_padding_mask(key_valid: Bool[Array, "B S"]) -> Bool[Array, "B 1 1 S"]:
    """Lets every query look at the valid keys."""
    return ops.cast(key_valid, "bool")[:, None, None, :]


def make_causal_mask(length: int) -> Bool[Array, "1 1 {length} {length}"]:
    """Lets a query look at itself and at what came before it."""
    positions = ops.arange(length)
    return (positions[:, None] >= positions[None, :])[None, None]


def mask_to_bias(mask: Bool[Array, "*any"]) -> Float32[Array, "*any"]:
    """Turns a mask into what is added to the attention logits."""
    return ops.where(mask, 0.0, _MASKED)
