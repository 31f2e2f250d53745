"""When a side of a comparison is warm."""

import pytest

from benchmarks.peers.comparison import are_alike


@pytest.mark.parametrize(
    ("seconds", "is_warm"),
    [
        ([9.0, 4.1, 2.3, 2.3, 2.35], True),
        ([9.0, 4.1, 2.3, 2.3], False),
        ([2.3, 2.3, 2.3], False),
    ],
)
def test_a_side_is_warm_once_three_calls_take_the_same_time(seconds, is_warm):
    assert are_alike(seconds) == is_warm


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
