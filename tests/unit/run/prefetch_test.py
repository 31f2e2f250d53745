"""The order of batches and of errors survives the thread."""

import threading

import pytest

from pali_tf.run.prefetch import Prefetcher


def test_order_and_end():
    with Prefetcher(iter(range(5)), lambda x: x * 10) as batches:
        assert list(batches) == [0, 10, 20, 30, 40]
        with pytest.raises(StopIteration):
            next(batches)


def test_an_error_comes_after_the_batches_before_it():
    def source():
        yield 1
        raise ValueError("truncated record")

    with Prefetcher(source(), lambda x: x) as batches:
        assert next(batches) == 1
        for _ in range(2):
            with pytest.raises(ValueError, match="truncated record"):
                next(batches)


def test_it_runs_ahead_by_its_depth_and_no_more():
    taken = []
    enough = threading.Event()

    def source():
        for i in range(100):
            taken.append(i)
            if i == 3:
                enough.set()
            yield i

    with Prefetcher(source(), lambda x: x) as batches:
        assert next(batches) == 0
        assert enough.wait(5)
    assert len(taken) <= 5


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
