"""Numbers of a run: JSON lines for programs, event files for TensorBoard."""

import json
import os
from collections.abc import Mapping
from typing import Any

from etils.epath import Path

from pali_tf import files
from pali_tf.run.event_file import EventFile


class MetricWriter:
    """Appends one object a logging point to `metrics.jsonl` and TensorBoard.

    No library's writer takes back the lines of steps that come again.

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
        self.directory = files.as_path(directory)
        self._is_silent = is_silent
        if is_silent:
            return
        self.path = self.directory / "metrics.jsonl"
        _drop_lines_after(self.path, start_step)
        self._lines = files.GrowingFile(self.path)
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
