"""What event files of TensorBoard hold, read without TensorFlow."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from etils.epath import Path
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import (
    PyRecordReader_New,
)
from tensorboard.util.tensor_util import make_ndarray

from pali_tf import files

# What T5X writes first, at the step that it restored; t5x/train.py.
_RESTORED = "timing/init_or_restore_seconds"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Session:
    """One process that trained, as its event file tells.

    Attributes:
        began: Seconds since 1970.
        wrote_last: Seconds since 1970.
        start_step: Steps that were done before it; None: it does not say.
        last_step: Of the last numbers it wrote; None: it wrote none.
    """

    began: float
    wrote_last: float
    start_step: int | None
    last_step: int | None

    @property
    def seconds(self) -> float:
        """From its beginning to the last that it wrote."""
        return self.wrote_last - self.began


def read_sessions(folder: Path, faults: list[str]) -> list[Session]:
    """Tells when the processes of a run began, and where each ended.

    `faults` gets a sentence about each file of MODEL_DIR/train that is broken.
    """
    found = [_read_session(path, faults) for path in _event_files(folder)]
    return [session for session in found if session is not None]


def repeated_steps(before: Session, after: Session) -> int:
    """Counts the steps that a process did again, as far as is known."""
    if before.last_step is None or after.start_step is None:
        return 0
    return max(before.last_step - after.start_step, 0)


def read_numbers(folder: Path, faults: list[str]) -> list[dict[str, Any]]:
    """Gives the curves of a folder as the lines of a metrics.jsonl.

    A run under T5X leaves no such file. Where a process went back to an
    earlier step, what was written of later ones before it is left out.
    `faults` gets a sentence about each file that is broken.
    """
    lines: dict[int, dict[str, Any]] = {}
    for path in _event_files(folder):
        of_file: dict[int, dict[str, Any]] = {}
        for event in _read_events(path, faults):
            for value in event.summary.value:
                number = _number(value)
                if number is not None and not value.tag.startswith("timing/"):
                    line = of_file.setdefault(event.step, {"step": event.step})
                    line[value.tag] = number
        if of_file:
            first = min(of_file)
            lines = {s: line for s, line in lines.items() if s < first}
        lines |= of_file
    return [lines[step] for step in sorted(lines)]


def _event_files(folder: Path) -> list[Path]:
    """Gives a folder's files, in the order in which they were begun."""
    return sorted(
        folder.glob("events.out.tfevents.*"),
        # Seconds since 1970, or nanoseconds.
        key=lambda path: path.name.split(".")[3].ljust(19, "0"),
    )


def _read_events(path: Path, faults: list[str]) -> Iterator[Event]:
    """Yields the events of a file, up to where it is broken."""
    with files.local_copy(path) as copy:
        # TensorBoard's reader for where TensorFlow is not installed.
        reader = PyRecordReader_New(str(copy))
        while True:
            try:
                reader.GetNext()
            except errors.OutOfRangeError:
                return
            except errors.DataLossError as error:
                # A last record that is cut was being written.
                if "truncated" not in str(error):
                    faults.append(f"{path} is broken ({error}).")
                return
            yield Event.FromString(reader.record())


def _read_session(path: Path, faults: list[str]) -> Session | None:
    began = wrote_last = start_step = last_step = None
    for event in _read_events(path, faults):
        began = event.wall_time if began is None else began
        wrote_last = event.wall_time
        if event.session_log.status == SessionLog.START:
            start_step = event.step - 1
        for value in event.summary.value:
            if value.tag == _RESTORED:
                start_step = event.step
            elif value.tag == "loss":
                last_step = max(event.step, last_step or 0)
    if began is None or wrote_last is None:
        return None
    return Session(
        began=began,
        wrote_last=wrote_last,
        start_step=start_step,
        last_step=last_step,
    )


def _number(value: Any) -> float | None:
    if value.WhichOneof("value") == "simple_value":
        return value.simple_value
    if value.WhichOneof("value") != "tensor":
        return None
    array = make_ndarray(value.tensor)
    is_number = array.size == 1 and np.issubdtype(array.dtype, np.number)
    return float(array.item()) if is_number else None
