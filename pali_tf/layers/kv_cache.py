"""Keys and values of the positions already decoded.

A cache is a pair of arrays of static shape, with time first: one step writes
one row, which is a plain scatter on both backends (Keras' slice_update becomes
an XLA op on TensorFlow, which TF Serving cannot run).
"""

from typing import NamedTuple

from jaxtyping import Float, Int
from keras import ops

from pali_tf.layers.activation_sharding import constrain
from pali_tf.types import Array

_AXES = ("length", "batch", "heads", "kv")


class KVCache(NamedTuple):
    """Keys and values of one attention layer.

    R rows: the hypotheses (beams, say) of each example of a batch in turn.
    """

    key: Float[Array, "T R N H"]
    value: Float[Array, "T R N H"]


def make_cache(
    length: int,
    num_rows: Int[Array, ""] | int,
    num_heads: int,
    head_dim: int,
    dtype: str,
) -> KVCache:
    """Makes an empty cache of `length` positions."""
    zeros = ops.zeros((length, num_rows, num_heads, head_dim), dtype=dtype)
    zeros = constrain(zeros, _AXES)
    return KVCache(zeros, zeros)


def update_cache(
    cache: KVCache,
    key: Float[Array, "R 1 N H"],
    value: Float[Array, "R 1 N H"],
    position: Int[Array, ""],
) -> KVCache:
    """Writes one position."""
    index = ops.reshape(position, (1, 1))

    def write(
        rows: Float[Array, "T R N H"], row: Float[Array, "R 1 N H"]
    ) -> Float[Array, "T R N H"]:
        row = ops.transpose(row, (1, 0, 2, 3))
        return constrain(ops.scatter_update(rows, index, row), _AXES)

    return KVCache(write(cache.key, key), write(cache.value, value))
