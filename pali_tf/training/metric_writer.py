"""Numbers of a run: JSON lines for programs, event files for TensorBoard."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


class MetricWriter:
    """Appends one object a logging point to `metrics.jsonl` and TensorBoard.

    The event file is written record by record from TensorBoard's protos: its
    own writer class would import TensorFlow wherever that is installed.

    Args:
        directory: made if need be.
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
        self.directory = Path(directory)
        self._is_silent = is_silent
        if is_silent:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.path = self.directory / "metrics.jsonl"
        _drop_lines_after(self.path, start_step)
        # Line buffered: a line is in the file when `write` returns.
        self._lines = open(self.path, "a", buffering=1, encoding="utf-8")
        name = f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"
        self._event_file = open(self.directory / name, "wb")
        self._events = RecordWriter(self._event_file)
        self._write_event(Event(file_version="brain.Event:2"))

    def _write_event(self, event: Event) -> None:
        event.wall_time = time.time()
        self._events.write(event.SerializeToString())
        self._event_file.flush()

    def write(self, step: int, numbers: Mapping[str, float | int]) -> None:
        """Writes the numbers of a step.

        Args:
            step: steps done.
            numbers: by name; not "step".
        """
        if self._is_silent:
            return
        line = json.dumps({"step": step, **numbers}, ensure_ascii=False)
        self._lines.write(line + "\n")
        summary = Summary(
            value=[
                Summary.Value(tag=name, simple_value=float(value))
                for name, value in numbers.items()
            ]
        )
        self._write_event(Event(step=step, summary=summary))

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
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        # A line without its end was cut by a kill.
        if line.endswith("\n") and json.loads(line)["step"] <= step:
            kept.append(line)
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    temporary.write_text("".join(kept), encoding="utf-8")
    os.replace(temporary, path)
