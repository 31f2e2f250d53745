"""Each row gets the past of its parent, in caches of any form."""

import jax
import numpy as np
import pytest

from pali_tf.decoding import reorder

PARENTS = np.array([[0, 0, 2], [2, 1, 0]], np.int32)
ROWS = [0, 0, 2, 5, 4, 3]


@pytest.mark.parametrize("before", [(), (4,), (2, 4)], ids=str)
@pytest.mark.parametrize(
    "function",
    [
        reorder.reorder,
        reorder._over_all_rows,
        reorder._inside_each_example,
    ],
)
def test_rows_are_taken(function, before):
    caches = [
        np.random.default_rng(seed).normal(size=(*before, 6, 2, 3))
        for seed in range(2)
    ]
    moved = jax.jit(function)({"a": caches[:1], "b": (caches[1],)}, PARENTS)
    for after, cache in zip(jax.tree.leaves(moved), caches, strict=True):
        np.testing.assert_array_equal(
            after, cache.astype(np.float32)[..., ROWS, :, :]
        )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
