"""Where a run stands, told in sentences."""

import pytest

from pali_tf.reporting import status
from pali_tf.reporting.run_record import read_run
from tests.support import made_up_run


def told(folder, now=None):
    return status.describe(read_run(model_dir=folder), now)


def test_a_run_that_is_done(tmp_path):
    made_up_run.write_training(tmp_path, steps=2600, period=100)
    made_up_run.write_settings(tmp_path)
    assert told(tmp_path) == "It is done: 2,600 steps of 2,600."


def test_a_run_that_may_be_going_on(tmp_path):
    made_up_run.write_training(tmp_path, steps=200, period=100)
    made_up_run.write_settings(tmp_path)
    made_up_run.write_session(tmp_path, start_step=0, last_step=2)
    run = read_run(model_dir=tmp_path)
    last = run.sessions[-1].wrote_last
    text = status.describe(run, last + 65)
    assert text.startswith("It has done 200 steps of 2,600.")
    assert "1 min 5 s before this report, so it may still be going on" in text
    assert "seems to have been stopped" in status.describe(run, last + 7200)


def test_a_run_that_diverged(tmp_path):
    made_up_run.write_training(tmp_path, steps=200, period=100)
    (tmp_path / "diverged").mkdir()
    (tmp_path / "diverged/step_201.npz").write_bytes(b"")
    assert "stood at 200 steps when its loss" in told(tmp_path)
    assert "diverged/step_201.npz" in told(tmp_path)


def test_a_run_without_numbers_or_settings(tmp_path):
    assert "no numbers of its training yet" in told(tmp_path)
    made_up_run.write_training(tmp_path, steps=200, period=100)
    assert told(tmp_path) == "It has done 200 steps."


def test_interruptions_are_counted(tmp_path):
    def sessions():
        return status.describe_sessions(read_run(model_dir=tmp_path))

    assert "no event file" in sessions()
    made_up_run.write_session(tmp_path, start_step=0, last_step=9)
    assert "without an interruption" in sessions()
    made_up_run.write_session(tmp_path, start_step=5, last_step=12)
    made_up_run.write_session(tmp_path, start_step=10, last_step=14)
    assert sessions().startswith("3 processes have trained")
    assert "6 steps that were logged had to be done again" in sessions()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "3 s"), (65, "1 min 5 s"), (3725, "1 h 2 min"), (90_000, "1 d 1 h")],
)
def test_durations(seconds, text):
    assert status.duration(seconds) == text


def test_moments_are_in_utc():
    assert status.moment(86_400 + 3600) == "1970-01-02 01:00"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
