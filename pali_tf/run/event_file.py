"""A file of events for TensorBoard."""

import os
import time
from collections.abc import Mapping
from typing import Any, Self

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from pali_tf import files


class EventFile:
    """Writes one event file, a record at a time.

    It is made from TensorBoard's protos: its own writers, and clu's, would
    import TensorFlow wherever that is installed. The file begins with a note
    that a process went on after `start_step`, by which TensorBoard leaves out
    what an earlier one wrote of later steps.
    """

    def __init__(self, directory: str | os.PathLike[str], start_step: int = 0):
        name = f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"
        self._file = files.GrowingFile(files.as_path(directory) / name)
        self._records = RecordWriter(self._file)
        self._write(Event(file_version="brain.Event:2"))
        begin = SessionLog(status=SessionLog.START)
        self._write(Event(step=start_step + 1, session_log=begin))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())
        self._file.flush()

    def write(self, step: int, numbers: Mapping[str, float | int]) -> None:
        """Writes numbers, which TensorBoard draws as curves."""
        values = [
            Summary.Value(tag=name, simple_value=float(value))
            for name, value in numbers.items()
        ]
        self._write(Event(step=step, summary=Summary(value=values)))

    def write_texts(self, step: int, texts: Mapping[str, str]) -> None:
        """Writes texts, which TensorBoard shows as Markdown."""
        for name, text in texts.items():
            summary = Summary.FromString(
                text_pb(name, text).SerializeToString()
            )
            self._write(Event(step=step, summary=summary))

    def sync(self) -> None:
        """Makes what was written readable, wherever it is."""
        self._file.sync()

    def close(self) -> None:
        """Closes the file."""
        self._records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()
