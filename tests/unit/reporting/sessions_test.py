"""Where processes began and ended, from their event files."""

import pytest

from pali_tf.reporting.sessions import read_sessions, repeated_steps
from tests.support import made_up_run


def test_a_continued_run_has_two(tmp_path):
    made_up_run.write_session(tmp_path, start_step=0, last_step=7)
    made_up_run.write_session(tmp_path, start_step=5, last_step=10)
    faults = []
    first, second = read_sessions(tmp_path / "train", faults)
    assert (first.start_step, first.last_step) == (0, 7)
    assert (second.start_step, second.last_step) == (5, 10)
    assert second.began >= first.wrote_last >= first.began
    assert first.seconds >= 0
    assert repeated_steps(first, second) == 2
    assert repeated_steps(second, first) == 10
    assert faults == []


def test_a_record_that_is_being_written_is_passed_over(tmp_path):
    made_up_run.write_session(tmp_path, start_step=0, last_step=3)
    (path,) = (tmp_path / "train").iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    faults = []
    (session,) = read_sessions(tmp_path / "train", faults)
    assert session.last_step == 2
    assert faults == []


def test_a_broken_file_is_named(tmp_path):
    made_up_run.write_session(tmp_path, start_step=0, last_step=3)
    (path,) = (tmp_path / "train").iterdir()
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)
    faults = []
    (session,) = read_sessions(tmp_path / "train", faults)
    assert session.last_step == 2
    assert path.name in faults[0]


def test_without_files_there_is_none(tmp_path):
    (tmp_path / "events.out.tfevents.1.2").write_bytes(b"")
    faults = []
    assert read_sessions(tmp_path, faults) == []
    assert read_sessions(tmp_path / "absent", faults) == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
