"""Initializers take their seeds from the scope."""

import itertools

import jax
import numpy as np
import pytest

from pali_tf.layers.initializers import VarianceScaling, random_key_scope


def draw(seed: int | None) -> np.ndarray:
    initializer = VarianceScaling(1.0, "fan_in", seed=7)
    if seed is None:
        return np.asarray(initializer((64, 32)))
    counter = itertools.count()
    with random_key_scope(
        lambda: jax.random.fold_in(jax.random.key(seed), next(counter))
    ):
        return np.asarray(initializer((64, 32)))


def test_scope_decides():
    np.testing.assert_array_equal(draw(1), draw(1))
    assert np.any(draw(1) != draw(2))


def test_own_seed_outside_of_a_scope():
    np.testing.assert_array_equal(draw(None), draw(None))


def test_variance_is_one_over_the_fan():
    assert draw(0).std() == pytest.approx(64**-0.5, rel=0.05)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
