"""Resizing the ViT's position table."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage

from pali_tf.models.vit.position_table import resize_position_table


@pytest.mark.parametrize("image_size", [378, 490, 588, 112])
def test_as_big_vision_does(image_size):
    table = np.random.default_rng(0).normal(size=(256, 8)).astype(np.float32)
    side = image_size // 14
    expected = scipy.ndimage.zoom(
        table.reshape(16, 16, 8), (side / 16, side / 16, 1), order=1
    )
    resized = resize_position_table(table, side * side)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(
        resized, expected.reshape(side * side, 8), atol=1e-6
    )


def test_jax_arrays_too():
    table = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
    np.testing.assert_allclose(
        resize_position_table(jnp.asarray(table), 36),
        resize_position_table(table, 36),
        atol=1e-6,
    )


def test_a_ramp_stays_a_ramp():
    rows, columns = np.mgrid[0:4, 0:4] / 3.0
    table = np.stack([rows, columns], -1).reshape(16, 2).astype(np.float32)
    rows, columns = np.mgrid[0:7, 0:7] / 6.0
    expected = np.stack([rows, columns], -1).reshape(49, 2)
    np.testing.assert_allclose(
        resize_position_table(table, 49), expected, atol=1e-6
    )


def test_the_same_size_is_the_same_table():
    table = np.ones((16, 4), np.float32)
    assert resize_position_table(table, 16) is table


def test_no_square():
    with pytest.raises(ValueError, match="nearest squares are 16 and 25"):
        resize_position_table(np.ones((16, 4), np.float32), 20)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
