"""Parts of arrays against NumPy's own indexing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pali_tf.conversion.array_parts import region_shape, runs, split, whole


@st.composite
def arrays_and_regions(draw):
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    region = []
    for size in shape:
        start = draw(st.integers(0, size - 1))
        region.append(slice(start, draw(st.integers(start + 1, size))))
    return shape, tuple(region)


@given(arrays_and_regions())
def test_runs_are_the_region_in_its_own_order(case):
    shape, region = case
    array = np.arange(np.prod(shape)).reshape(shape)
    found = [
        array.reshape(-1)[offset : offset + length]
        for offset, length in runs(shape, region)
    ]
    np.testing.assert_array_equal(
        np.concatenate(found), array[region].reshape(-1)
    )


def test_rows_of_a_matrix_are_one_run():
    assert list(runs((4, 10), (slice(1, 3), slice(0, 10)))) == [(10, 20)]


def test_the_example_of_the_docstring():
    region = (slice(1, 3), slice(0, 5))
    assert list(runs((4, 10), region)) == [(10, 5), (20, 5)]


def test_a_scalar_is_one_run():
    assert list(runs((), ())) == [(0, 1)]


def test_an_empty_region_has_no_run():
    assert list(runs((3, 4), (slice(0, 0), slice(0, 4)))) == []


@pytest.mark.slow
@given(arrays_and_regions(), st.integers(1, 60))
def test_split_covers_each_element_once(case, max_elements):
    shape, _ = case
    for axis in range(len(shape)):
        count = np.zeros(shape, np.int64)
        for region in split(shape, axis, max_elements):
            count[region] += 1
            row = np.prod(shape) // shape[axis]
            assert np.prod(region_shape(region)) <= max(max_elements, row)
        assert (count == 1).all()


def test_split_of_a_scalar_is_the_scalar():
    assert list(split((), 0, 5)) == [()]


def test_whole_has_the_arrays_shape():
    assert region_shape(whole((2, 3))) == (2, 3)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
