import numpy as np
import pytest

from pali_tf.data import mixing

RATES = [3, 1, 0.5]


def draw(start, count, seed=1):
    dataset = mixing.task_choices(RATES, seed, start).take(count)
    return np.array(list(dataset.as_numpy_iterator()))


def test_any_start_gives_the_same_choices():
    whole = draw(0, 9000)
    np.testing.assert_array_equal(draw(4090, 100), whole[4090:4190])
    np.testing.assert_array_equal(draw(8192, 100), whole[8192:8292])


@pytest.mark.parametrize("end", [0, 1, 4096, 5000])
def test_counts_are_those_of_the_choices(end):
    expected = np.bincount(draw(0, end).astype(int), minlength=3)
    np.testing.assert_array_equal(mixing.task_counts(RATES, 1, end), expected)


def test_shares_are_the_rates():
    counts = mixing.task_counts(RATES, 7, 100_000)
    np.testing.assert_allclose(
        counts / counts.sum(), np.array(RATES) / 4.5, atol=0.006
    )


def test_another_seed_gives_other_choices():
    assert (draw(0, 100) != draw(0, 100, seed=2)).any()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
