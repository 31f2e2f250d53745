"""The two stages give what one gives."""

import jax
import numpy as np
import pytest

from pali_tf.decoding.top_k import top_k


def by_sorting(x: np.ndarray, k: int) -> np.ndarray:
    """Indices of the k largest, the first of equals first."""
    return np.argsort(-x, axis=-1, kind="stable")[:, :k]


@pytest.mark.parametrize("k", [1, 2, 8])
@pytest.mark.parametrize("width", [9, 64, 200, 2048, 4096])
def test_equals_a_sort(width, k):
    x = np.random.default_rng(width + k).normal(size=(5, width))
    x = x.astype(np.float32)
    values, indices = top_k(x, k)
    expected = by_sorting(x, k)
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(
        values, np.take_along_axis(x, expected, axis=1)
    )


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_first_of_equals(k):
    # Few different numbers: every block has ties with every other.
    x = np.random.default_rng(k).integers(0, 3, (20, 4096)).astype(np.float32)
    _, indices = top_k(x, k)
    np.testing.assert_array_equal(indices, by_sorting(x, k))


def test_neighbours_of_one_block():
    x = np.zeros((1, 4096), np.float32)
    x[0, 300:304] = [4, 3, 2, 1]
    _, indices = jax.jit(top_k, static_argnums=1)(x, 4)
    assert indices.tolist() == [[300, 301, 302, 303]]


def test_the_docstrings_example():
    values, indices = top_k(np.array([[1.0, 7.0, 7.0, 3.0]], np.float32), 2)
    assert (values.tolist(), indices.tolist()) == ([[7, 7]], [[1, 2]])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
