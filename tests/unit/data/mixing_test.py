import numpy as np
import pytest

from pali_tf.data.mixing import Mixing
from pali_tf.errors import UserError

RATES = {"a": 100.0, "b": 1000.0, "c": 16.0}


def draw(mixing, lane, start, count):
    return mixing.tasks(np.full(count, lane), np.arange(start, start + count))


def test_counts_are_those_of_the_draws():
    mixing = Mixing(RATES, seed=5)
    drawn = draw(mixing, 3, 0, 10_000)
    for end in (0, 1, 4095, 4096, 4097, 10_000):
        expected = np.bincount(drawn[:end], minlength=3)
        np.testing.assert_array_equal(mixing.counts(3, end), expected)


def test_any_place_is_drawn_without_those_before():
    mixing = Mixing(RATES, seed=5)
    whole = draw(mixing, 0, 0, 9000)
    np.testing.assert_array_equal(draw(mixing, 0, 5000, 100), whole[5000:5100])


def test_rates_are_kept():
    counts = Mixing(RATES, seed=0).counts(0, 100_000_000)
    shares = np.array(list(RATES.values())) / sum(RATES.values())
    np.testing.assert_allclose(counts / counts.sum(), shares, atol=2e-6)


def test_lanes_and_seeds_draw_apart():
    drawn = draw(Mixing(RATES, seed=0), 0, 0, 4096)
    assert (drawn != draw(Mixing(RATES, seed=0), 1, 0, 4096)).any()
    assert (drawn != draw(Mixing(RATES, seed=1), 0, 0, 4096)).any()


def test_runs_of_a_task_are_as_long_as_by_chance():
    drawn = draw(Mixing({"a": 1, "b": 1}, seed=0), 0, 0, 40_960)
    runs = 1 + np.count_nonzero(np.diff(drawn))
    # Half of the neighbours differ: a hundred is one standard deviation.
    assert abs(runs - 20_480) < 400


def test_a_rate_that_is_never_drawn_is_refused():
    with pytest.raises(UserError, match="rate of b is 1 of 1e.11"):
        Mixing({"a": 1e11, "b": 1}, seed=0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
