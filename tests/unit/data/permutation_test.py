import numpy as np
import pytest

from pali_tf.data.permutation import mix, permute


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 100, 1023, 1025])
def test_it_is_a_permutation(size):
    places = np.arange(size)
    found = permute(places, size, mix(7))
    assert sorted(found) == places.tolist()


def test_sizes_and_keys_may_differ():
    places = np.array([0, 1, 0, 1, 2])
    sizes = np.array([2, 2, 3, 3, 3])
    keys = mix(0, sizes)
    found = permute(places, sizes, keys)
    assert sorted(found[:2]) == [0, 1]
    assert sorted(found[2:]) == [0, 1, 2]


def test_every_place_is_as_likely():
    keys = mix(0, np.arange(60_000))
    found = permute(np.zeros(60_000, np.int64), 6, keys)
    counts = np.bincount(found, minlength=6)
    assert abs(counts - 10_000).max() < 400  # Four standard deviations.


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
