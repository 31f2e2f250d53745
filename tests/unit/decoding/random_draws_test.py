"""Draws are a function of the key, spread evenly, and each row's own."""

import numpy as np
import pytest

from pali_tf.decoding.random_draws import (
    example_keys,
    fold_in,
    gumbel,
    uniform,
)
from tests.support.tiny_pali import make_batch

NUM = 200_000
KEYS = fold_in(np.uint32(7), np.arange(NUM))


def keys_of(batch: dict, seed: int = 0) -> np.ndarray:
    return np.asarray(
        example_keys(
            np.int32(seed),
            batch["images"],
            batch["image_mask"],
            batch["encoder_input_tokens"],
        )
    )


def test_uniform_fills_the_interval_evenly():
    draws = np.asarray(uniform(KEYS))
    assert draws.min() > 0
    assert draws.max() < 1
    counts, _ = np.histogram(draws, bins=100, range=(0, 1))
    # Chi-square of 99 degrees of freedom: 148 is passed once in a thousand.
    assert ((counts - NUM / 100) ** 2 / (NUM / 100)).sum() < 148


def test_the_ends_of_the_interval_are_finite():
    ends = np.array([0, 2**32 - 1], np.uint32)
    assert np.asarray(uniform(ends)).tolist() == [2.0**-24, 1 - 2.0**-24]
    assert np.isfinite(gumbel(ends)).all()


def test_gumbel_has_the_mean_and_the_variance_of_its_distribution():
    draws = np.asarray(gumbel(KEYS), np.float64)
    assert draws.mean() == pytest.approx(0.5772, abs=0.01)
    assert draws.var() == pytest.approx(np.pi**2 / 6, rel=0.02)


@pytest.mark.parametrize("apart", [1, 2, 128])
def test_neighbours_know_nothing_of_each_other(apart):
    draws = np.asarray(uniform(KEYS))
    [[_, correlation], _] = np.corrcoef(draws[apart:], draws[:-apart])
    assert abs(correlation) < 4 / NUM**0.5


def test_neighbouring_keys_know_nothing_of_each_other():
    rows = [
        np.asarray(uniform(fold_in(np.uint32(key), np.arange(NUM))))
        for key in (0, 1)
    ]
    assert abs(np.corrcoef(rows)[0, 1]) < 4 / NUM**0.5


@pytest.mark.slow
def test_the_key_of_an_example_is_its_own():
    batch = make_batch()
    keys = keys_of(batch)
    assert len(set(keys.tolist())) == 3
    last = {name: value[2:] for name, value in batch.items()}
    assert keys_of(last) == keys[2:]


def test_what_the_key_of_an_example_depends_on():
    batch = make_batch()
    keys = keys_of(batch)
    assert (keys_of(batch, seed=1) != keys).all()
    images = batch["images"].copy()
    images[:, 3, 5, 1] ^= 1
    # The last example is text only.
    changed = keys_of(batch | {"images": images}) != keys
    assert changed.tolist() == [True, True, False]
    swapped = batch["encoder_input_tokens"].copy()
    swapped[:, [0, 1]] = swapped[:, [1, 0]]
    assert (keys_of(batch | {"encoder_input_tokens": swapped}) != keys).all()


@pytest.mark.slow
def test_padding_does_not_count():
    batch = make_batch()
    padded = np.pad(batch["encoder_input_tokens"], ((0, 0), (0, 3)))
    np.testing.assert_array_equal(
        keys_of(batch | {"encoder_input_tokens": padded}), keys_of(batch)
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
