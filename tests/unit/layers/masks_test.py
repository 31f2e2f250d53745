"""Masks and what they add to the logits."""

import numpy as np
import pytest

from pali_tf.layers.masks import (
    make_causal_mask,
    make_padding_mask,
    mask_to_bias,
)


def test_causal_mask_is_a_lower_triangle():
    np.testing.assert_array_equal(
        np.asarray(make_causal_mask(3))[0, 0],
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
    )


def test_padding_mask_broadcasts_over_heads_and_queries():
    mask = make_padding_mask(np.array([[True, False]]))
    assert mask.shape == (1, 1, 1, 2)
    bias = np.asarray(mask_to_bias(mask))
    np.testing.assert_array_equal(bias[0, 0, 0], [0, np.float32(-1e10)])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
