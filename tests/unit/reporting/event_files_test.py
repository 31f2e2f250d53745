"""Event files: numbers where they are all that is left, and processes."""

import math

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from pali_tf.reporting.event_files import (
    read_numbers,
    read_sessions,
    repeated_steps,
)
from pali_tf.reporting.run_record import read_run
from pali_tf.run.metric_writer import EventFile
from tests.support import made_up_run


def write_as_t5x(path, numbers):
    """Writes {(step, tag): number} as clu does, as tensors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        records = RecordWriter(file)
        for (step, tag), number in numbers.items():
            tensor = make_tensor_proto(np.float32(number))
            value = Summary.Value(
                tag=tag, tensor=tensor.FromString(tensor.SerializeToString())
            )
            event = Event(wall_time=step, step=step)
            event.summary.value.append(value)
            records.write(event.SerializeToString())


def test_curves_come_back_as_lines_and_texts_do_not(tmp_path):
    with EventFile(tmp_path) as events:
        events.write_texts(0, {"config": "A = 1"})
        events.write(1, {"loss": 2.5, "accuracy": 0.5})
        events.write(2, {"loss": 1.5})
    assert read_numbers(tmp_path, []) == [
        {"step": 1, "loss": 2.5, "accuracy": 0.5},
        {"step": 2, "loss": 1.5},
    ]


def test_steps_that_were_done_again_count_once(tmp_path):
    for start_step, loss in ((0, 9.0), (2, 1.0)):
        with EventFile(tmp_path, start_step) as events:
            for step in range(start_step + 1, start_step + 5, 2):
                events.write(step, {"loss": loss})
    lines = read_numbers(tmp_path, [])
    assert [(x["step"], x["loss"]) for x in lines] == [(1, 9), (3, 1), (5, 1)]


def test_a_run_under_t5x_has_its_curves(tmp_path):
    write_as_t5x(
        tmp_path / "train/events.out.tfevents.100.host.1.0.v2",
        {
            (0, "timing/init_or_restore_seconds"): 3.0,
            (5, "loss"): 2.0,
            (5, "loss/webli_ocr"): 2.25,
            (5, "loss/object_detection"): math.nan,
        },
    )
    write_as_t5x(
        tmp_path / "train/events.out.tfevents.200.host.2.0.v2",
        {(4, "timing/init_or_restore_seconds"): 3.0, (6, "loss"): 1.0},
    )
    write_as_t5x(
        tmp_path / "training_eval/pali_tiny/events.out.tfevents.100.h.1.1.v2",
        {(6, "loss"): 1.5, (6, "loss/webli_ocr"): 1.75},
    )
    run = read_run(model_dir=tmp_path)
    assert [line["step"] for line in run.training] == [5, 6]
    assert run.training[0]["loss/webli_ocr"] == 2.25
    assert run.validation["webli_ocr"] == [{"step": 6, "loss": 1.75}]
    assert run.validation[""] == [{"step": 6, "loss": 1.5}]
    assert [s.start_step for s in run.sessions] == [0, 4]
    assert [s.last_step for s in run.sessions] == [5, 6]


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
