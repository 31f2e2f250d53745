"""The two ends of a side of a comparison."""

import pytest

from benchmarks.peers.worker import Worker

_MODULE = "tests.support.doubling_worker"


def test_a_worker_answers_what_it_is_asked():
    worker = Worker(_MODULE)
    replies = [worker.ask("double", value=value) for value in (2, 21)]
    worker.close()
    assert [reply["output"] for reply in replies] == [4, 42]
    assert all(reply["seconds"] >= 0 for reply in replies)
    assert all(reply["peak_bytes"] > 1_000_000 for reply in replies)


def test_a_worker_that_died_is_named():
    worker = Worker(_MODULE)
    with pytest.raises(RuntimeError, match="doubling_worker ended with 3"):
        worker.ask("die")
    worker.close()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
