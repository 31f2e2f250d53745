"""T5's distance buckets."""

import keras
import numpy as np
import pytest

from pali_tf.layers.relative_position import relative_position_bucket


def buckets(distances: list[int], bidirectional: bool) -> list[int]:
    return np.asarray(
        relative_position_bucket(
            keras.ops.array(distances, "int32"),
            bidirectional=bidirectional,
            num_buckets=32,
            max_distance=128,
        )
    ).tolist()


def test_encoder_splits_buckets_by_side():
    assert buckets([0, -1, -7, -8, -200, 1, 7, 8, 200], True) == [
        0, 1, 7, 8, 15, 17, 23, 24, 31,
    ]  # fmt: skip


def test_decoder_puts_the_future_in_bucket_zero():
    assert buckets([5, 0, -1, -15, -16, -127, -128, -9999], False) == [
        0, 0, 1, 15, 16, 31, 31, 31,
    ]  # fmt: skip


def test_buckets_never_fall_with_distance():
    ids = buckets([-d for d in range(300)], False)
    assert ids == sorted(ids)
    assert set(ids) == set(range(32))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
