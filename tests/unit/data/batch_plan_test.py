import itertools

import numpy as np
import pytest

from pali_tf.data.batch_plan import BatchPlan, num_lanes

RATES = {"a": 3.0, "b": 1.0}


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


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
