import itertools

import numpy as np
import pytest

from pali_tf.data.batch_plan import BatchPlan, Mixing, num_lanes
from pali_tf.errors import UserError

RATES = {"a": 3.0, "b": 1.0}
DRAWN = {"a": 100.0, "b": 1000.0, "c": 16.0}


def rows(batch_size, step=0, count=10_000, **kwargs):
    plan = BatchPlan(RATES, batch_size, seed=1, **kwargs)
    chunks = list(itertools.islice(plan.from_step(step), 8))
    return np.stack(
        [
            np.concatenate([getattr(chunk, name) for chunk in chunks])[:count]
            for name in ("tasks", "lanes", "counts")
        ]
    )


@pytest.mark.parametrize("batch_size", [1, 6, 32, 512])
def test_each_lane_counts_what_it_draws(batch_size):
    tasks, lanes, counts = rows(batch_size)
    assert set(lanes) == set(range(num_lanes(batch_size)))
    for lane, task in itertools.product(set(lanes), (0, 1)):
        own = counts[(lanes == lane) & (tasks == task)]
        np.testing.assert_array_equal(own, np.arange(len(own)))


@pytest.mark.parametrize("batch_size", [6, 32, 512])
def test_a_step_is_found_without_those_before(batch_size):
    whole = rows(batch_size)
    step = 7
    found = rows(batch_size, step=step, count=batch_size * 3)
    first = step * batch_size
    np.testing.assert_array_equal(
        found, whole[:, first : first + found.shape[1]]
    )


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("batch_size", [8, 24, 512])
def test_processes_share_the_rows(batch_size, count):
    whole = rows(batch_size, count=2 * batch_size).reshape(3, 2, count, -1)
    size = batch_size // count
    for part in range(count):
        own = range(part * size, (part + 1) * size)
        found = rows(batch_size, count=2 * size, rows=own)
        np.testing.assert_array_equal(
            found.reshape(3, 2, size), whole[:, :, part]
        )


def test_rows_need_not_be_neighbours():
    whole = rows(8, count=16).reshape(3, 2, 8)
    found = rows(8, count=4, rows=[1, 6]).reshape(3, 2, 2)
    np.testing.assert_array_equal(found, whole[:, :, [1, 6]])


def test_a_far_step_is_as_near():
    assert rows(32, step=10**7, count=32)[2].min() > 10**6


def draw(mixing, lane, start, count):
    return mixing.tasks(np.full(count, lane), np.arange(start, start + count))


def test_counts_are_those_of_the_draws():
    mixing = Mixing(DRAWN, seed=5)
    drawn = draw(mixing, 3, 0, 10_000)
    for end in (0, 1, 4095, 4096, 4097, 10_000):
        expected = np.bincount(drawn[:end], minlength=3)
        np.testing.assert_array_equal(mixing.counts(3, end), expected)


def test_any_place_is_drawn_without_those_before():
    mixing = Mixing(DRAWN, seed=5)
    whole = draw(mixing, 0, 0, 9000)
    np.testing.assert_array_equal(draw(mixing, 0, 5000, 100), whole[5000:5100])


def test_rates_are_kept():
    counts = Mixing(DRAWN, seed=0).counts(0, 100_000_000)
    shares = np.array(list(DRAWN.values())) / sum(DRAWN.values())
    np.testing.assert_allclose(counts / counts.sum(), shares, atol=2e-6)


def test_lanes_and_seeds_draw_apart():
    drawn = draw(Mixing(DRAWN, seed=0), 0, 0, 4096)
    assert (drawn != draw(Mixing(DRAWN, seed=0), 1, 0, 4096)).any()
    assert (drawn != draw(Mixing(DRAWN, seed=1), 0, 0, 4096)).any()


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
