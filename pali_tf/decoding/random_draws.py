"""Random numbers that are a function of where they are used, and no state.

A draw is a hash of a key and a number. The same draws come out of JAX and of
TensorFlow, jitted or not, and a row's draws depend on no other row: an answer
does not change with the batch that it is in.
"""

import math

import keras
from keras import ops

from pali_tf.types import Array

_GOLDEN = 0x9E3779B9  # 2^32 / golden ratio: far apart for neighbours.


def _uint32(x: Array) -> Array:
    return ops.cast(x, "uint32")


def _mix(x: Array) -> Array:
    """uint32[...] -> uint32[...]: each bit depends on all of them.

    Source: Chris Wellons, "Prospecting for Hash Functions" (2018), lowbias32,
    public domain.
    """
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ops.bitwise_xor(x, ops.right_shift(x, _uint32(shift)))
        x = x * _uint32(factor)
    return ops.bitwise_xor(x, ops.right_shift(x, _uint32(16)))


def fold_in(key: Array, data: Array) -> Array:
    """Gives the key of a part: uint32[...], int[...] -> uint32[...]."""
    data = (_uint32(data) + _uint32(1)) * _uint32(_GOLDEN)
    return _mix(ops.bitwise_xor(key, _mix(data)))


def example_keys(
    seed: Array, pictures: Array, image_mask: Array, tokens: Array
) -> Array:
    """Gives a key to each example, by its contents.

    Args:
        seed: int32[].
        pictures: uint8[B, H, W, 3], images, or float[B, P, Dv], their stored
            tokens; the keys of the two differ.
        image_mask: bool[B]. False: the image does not count.
        tokens: int32[B, S]; 0 is padding and does not count.

    Returns:
        uint32[B].
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


def uniform(key: Array) -> Array:
    """uint32[...] -> float32[...], in (0, 1)."""
    # 23 bits and a half: exact in float32, and neither 0 nor 1.
    bits = ops.cast(ops.right_shift(key, _uint32(9)), "float32")
    return (bits + 0.5) * 2.0**-23


def gumbel(key: Array) -> Array:
    """uint32[...] -> float32[...], of the Gumbel distribution.

    argmax(logits + gumbel) is a draw from softmax(logits).
    """
    return -ops.log(-ops.log(uniform(key)))
