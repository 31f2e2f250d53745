"""Numbers of a run: JSON lines for programs, event files for TensorBoard."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Self

from etils.epath import Path
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from pali_tf import files
from pali_tf.run.growing_file import GrowingFile


class EventFile:
    """Writes one event file, a record at a time.

    It is made from TensorBoard's protos: its own writers, and clu's, would
    import TensorFlow wherever that is installed. The file begins with a note
    that a process went on after `start_step`, by which TensorBoard leaves out
    what an earlier one wrote of later steps.
    """

    def __init__(self, directory: str | os.PathLike[str], start_step: int = 0):
        name = f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"
        self._file = GrowingFile(files.as_path(directory) / name)
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


class MetricWriter:
    """Appends one object a logging point to `metrics.jsonl` and TensorBoard.

    No library's writer takes back the lines of steps that come again.

    Args:
        start_step: lines of a later step, left by a run that was killed after
            its last checkpoint, are removed: those steps come again.
        is_silent: write nothing; another process writes for this one.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        start_step: int = 0,
        *,
        is_silent: bool = False,
    ):
        self.directory = files.as_path(directory)
        self._is_silent = is_silent
        if is_silent:
            return
        self.path = self.directory / "metrics.jsonl"
        _drop_lines_after(self.path, start_step)
        self._lines = GrowingFile(self.path)
        self._events = EventFile(self.directory, start_step)

    def write(self, step: int, numbers: Mapping[str, float | int]) -> None:
        """Writes the numbers of a step."""
        if self._is_silent:
            return
        line = json.dumps({"step": step, **numbers}, ensure_ascii=False)
        self._lines.write(f"{line}\n".encode())
        self._lines.flush()
        self._events.write(step, numbers)

    def write_texts(self, step: int, texts: Mapping[str, str]) -> None:
        """Writes texts for TensorBoard; clu's writers have this method too."""
        if not self._is_silent:
            self._events.write_texts(step, texts)

    def sync(self) -> None:
        """Makes all that was written readable, wherever it is."""
        if not self._is_silent:
            self._lines.sync()
            self._events.sync()

    def close(self) -> None:
        """Closes both files."""
        if self._is_silent:
            return
        self._lines.close()
        self._events.close()

    def __enter__(self) -> "MetricWriter":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()


def _drop_lines_after(path: Path, step: int) -> None:
    """Keeps the whole lines of at most `step`, atomically."""
    if not path.exists():
        return
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        # A line without its end was cut by a kill.
        if line.endswith(b"\n") and json.loads(line)["step"] <= step:
            kept.append(line)
    files.write_whole(path, b"".join(kept))
