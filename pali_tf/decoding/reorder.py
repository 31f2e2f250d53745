"""The past of each hypothesis, where its parent was in another row."""

from typing import Any

import keras
from jaxtyping import Float, Int
from keras import ops, tree

from pali_tf.types import Array


def reorder(caches: Any, parents: Int[Array, "B K"]) -> Any:
    """Gives each row the past of its parent.

    `caches` is a tree of [..., R, N, H], K rows of each of B examples in turn,
    and `parents` has one of its example's K rows for each.

    Example: for B = 1, K = 3, parents [[0, 0, 2]] put a copy of row 0 in place
    of row 1.
    """
    # Two ways to the same end. On a mesh, one gather over the R rows would
    # bring the caches of all examples to each device; a gather inside each
    # example brings none, and is faster on one device, too. On TensorFlow it
    # would spell out an index for each number: 5 times slower.
    if keras.backend.backend() == "tensorflow":
        return _over_all_rows(caches, parents)
    return _inside_each_example(caches, parents)


def _over_all_rows(caches: Any, parents: Int[Array, "B K"]) -> Any:
    num_examples, num_beams = ops.shape(parents)
    first = ops.arange(num_examples)[:, None] * num_beams
    rows = ops.reshape(first + parents, (-1,))
    return tree.map_structure(lambda x: ops.take(x, rows, axis=-3), caches)


def _inside_each_example(caches: Any, parents: Int[Array, "B K"]) -> Any:
    num_beams = parents.shape[1]

    def gather(
        x: Float[Array, "*before R N H"],
    ) -> Float[Array, "*before R N H"]:
        *before, _, num_heads, width = x.shape
        beams = ops.reshape(x, (*before, -1, num_beams, num_heads, width))
        places = ops.reshape(parents, (*[1] * len(before), -1, num_beams, 1, 1))
        return ops.reshape(
            ops.take_along_axis(beams, places, axis=-3), ops.shape(x)
        )

    return tree.map_structure(gather, caches)
