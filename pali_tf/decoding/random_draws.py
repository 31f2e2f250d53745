"""Random numbers that are a function of where they are used, and no state.

A draw is a hash of a key and a number. The same draws come out of JAX and of
TensorFlow, jitted or not, and a row's draws depend on no other row: an answer
does not change with the batch that it is in.
"""

import math

import keras
from jaxtyping import Bool, Float, Float32, Int, Integer, UInt8, UInt32
from keras import ops

from pali_tf.types import Array

_GOLDEN = 0x9E3779B9  # 2^32 / golden ratio: far apart for neighbours.


def _uint32(x: Integer[Array, "*any"] | int) -> UInt32[Array, "*any"]:
    return ops.cast(x, "uint32")


def _mix(x: UInt32[Array, "*any"]) -> UInt32[Array, "*any"]:
    """Makes each bit depend on all of them.

    Source: Chris Wellons, "Prospecting for Hash Functions" (2018), lowbias32,
    public domain.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ops.bitwise_xor(x, ops.right_shift(x, _uint32(shift)))
        x = x * _uint32(factor)
    return ops.bitwise_xor(x, ops.right_shift(x, _uint32(16)))


def fold_in(
    key: UInt32[Array, "..."], data: Integer[Array, "..."]
) -> UInt32[Array, "..."]:
    """Gives the key of a part; the two shapes are broadcast."""
    data = (_uint32(data) + _uint32(1)) * _uint32(_GOLDEN)
    return _mix(ops.bitwise_xor(key, _mix(data)))


def example_keys(
    seed: Int[Array, ""] | int,
    pictures: UInt8[Array, "B H W 3"] | Float[Array, "B P Dv"],
    image_mask: Bool[Array, " B"],
    tokens: Int[Array, "B S"],
) -> UInt32[Array, " B"]:
    """Gives a key to each example, by its contents.

    Images and their stored tokens give different keys; an image that is masked
    and padding do not count.
    """
    key = _mix(_uint32(seed))
    text = fold_in(fold_in(key, ops.arange(tokens.shape[1])), tokens)
    text = ops.where(tokens == 0, _uint32(0), text)
    if keras.backend.standardize_dtype(pictures.dtype) != "uint8":
        # Whole numbers that keep the digits of a bfloat16 near 1.
        pictures = ops.cast(ops.cast(pictures, "float32") * 256.0, "int32")
    size = math.prod(pictures.shape[1:])
    values = ops.reshape(pictures, (-1, size))
    weights = fold_in(key, ops.arange(size))
    image = ops.sum(_uint32(values) * weights, axis=1)
    image = ops.where(image_mask, image, _uint32(0))
    return _mix(_mix(ops.sum(text, axis=1)) + image)


def uniform(key: UInt32[Array, "*any"]) -> Float32[Array, "*any"]:
    """Draws in (0, 1)."""
    # 23 bits and a half: exact in float32, and neither 0 nor 1.
    bits = ops.cast(ops.right_shift(key, _uint32(9)), "float32")
    return (bits + 0.5) * 2.0**-23


def gumbel(key: UInt32[Array, "*any"]) -> Float32[Array, "*any"]:
    """Draws of the Gumbel distribution.

    argmax(logits + gumbel) is a draw from softmax(logits).
    """
    return -ops.log(-ops.log(uniform(key)))
