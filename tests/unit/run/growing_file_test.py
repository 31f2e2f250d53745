"""A log is there after restarts, and in a bucket now and then."""

import contextlib

import pytest

from pali_tf import files
from pali_tf.run.growing_file import GrowingFile


@pytest.fixture
def root(storage):
    return files.as_path(storage)


def test_a_log_grows_over_restarts(root):
    path = root / "metrics.jsonl"
    for line in (b"1\n", b"2\n"):
        with GrowingFile(path) as file:
            file.write(line)
            file.flush()
    file.close()
    assert path.read_bytes() == b"1\n2\n"


def test_a_log_in_a_bucket_is_written_now_and_then(root, monkeypatch):
    seconds = 100.0
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    with contextlib.closing(GrowingFile(root / "log")) as file:
        for line in (b"1\n", b"2\n"):
            file.write(line)
            file.flush()
        late = b"1\n" if files.is_bucket(root) else b"1\n2\n"
        assert (root / "log").read_bytes() == late
        seconds += 31
        file.flush()
        assert (root / "log").read_bytes() == b"1\n2\n"
        file.write(b"3\n")
        file.sync()
        assert (root / "log").read_bytes() == b"1\n2\n3\n"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
