"""Resizing equals TensorFlow's for any size."""

import numpy as np
import pytest
import tensorflow as tf

from pali_tf.presets.resize import resize


def by_tensorflow(image, side):
    resized = tf.image.resize(
        image, [side, side], method="bilinear", antialias=True
    )
    return np.clip(np.round(resized.numpy()), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(12))
def test_it_equals_tensorflow(seed):
    rng = np.random.default_rng(seed)
    height, width, side = rng.integers(1, 300, 3)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        resize(image, int(side)), by_tensorflow(image, int(side))
    )


def test_a_size_that_fits_is_left_alone():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert resize(image, 4) is image


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
