"""JSON lines and event files that TensorBoard reads."""

import json

import pytest
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.tensorflow_stub.errors import OutOfRangeError
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import (
    PyRecordReader_New,
)

from pali_tf import files
from pali_tf.run.metric_writer import MetricWriter


def read_lines(directory):
    text = (directory / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def read_events(path):
    """Reads as TensorBoard does where TensorFlow is not installed."""
    reader = PyRecordReader_New(str(path))
    while True:
        try:
            reader.GetNext()
        except OutOfRangeError:
            return
        event = Event.FromString(reader.record())
        if event.HasField("session_log"):
            yield event.step, "start", event.session_log.status
        for value in event.summary.value:
            text = b"".join(value.tensor.string_val).decode()
            yield event.step, value.tag, text or value.simple_value


def test_both_files_hold_the_numbers(storage):
    directory = files.as_path(storage)
    with MetricWriter(directory) as writer:
        writer.write(5, {"loss": 1.5, "examples/größe": 3})
        writer.sync()
        assert read_lines(directory) == [
            {"step": 5, "loss": 1.5, "examples/größe": 3}
        ]
    (path,) = directory.glob("events.out.tfevents.*")
    with files.local_copy(path) as copy:
        events = list(read_events(copy))
    assert events == [
        (1, "start", SessionLog.START),
        (5, "loss", 1.5),
        (5, "examples/größe", 3.0),
    ]


def test_lines_after_the_checkpoint_are_dropped(tmp_path):
    with MetricWriter(tmp_path) as writer:
        for step in (10, 20, 30):
            writer.write(step, {"loss": step})
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"step": 40, "lo')  # cut by a kill
    with MetricWriter(tmp_path, start_step=20) as writer:
        writer.write(30, {"loss": 31})
    assert [(x["step"], x["loss"]) for x in read_lines(tmp_path)] == [
        (10, 10),
        (20, 20),
        (30, 31),
    ]


def test_tensorboard_learns_where_a_process_went_on_and_of_texts(tmp_path):
    with MetricWriter(tmp_path, start_step=20) as writer:
        writer.write_texts(20, {"config": "    SEED = 0"})
    (path,) = tmp_path.glob("events.out.tfevents.*")
    assert list(read_events(path)) == [
        (21, "start", SessionLog.START),
        (20, "config", "    SEED = 0"),
    ]


def test_a_silent_writer_writes_nothing(tmp_path):
    with MetricWriter(tmp_path / "train", is_silent=True) as writer:
        writer.write(1, {"loss": 1.0})
        writer.write_texts(1, {"config": ""})
    assert not (tmp_path / "train").exists()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
