"""When the processes of a run began, and where each ended."""

import dataclasses
import pathlib
from collections.abc import Iterator

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import (
    PyRecordReader_New,
)


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


def read_sessions(folder: pathlib.Path, faults: list[str]) -> list[Session]:
    """Reads the event files of a run's train/, in the order of time.

    Args:
        folder: MODEL_DIR/train.
        faults: Gets a sentence about each file that is broken.
    """
    found = []
    for path in folder.glob("events.out.tfevents.*"):
        session = _read_session(path, faults)
        if session is not None:
            found.append(session)
    return sorted(found, key=lambda session: session.began)


def repeated_steps(before: Session, after: Session) -> int:
    """Counts the steps that a process did again, as far as is known."""
    if before.last_step is None or after.start_step is None:
        return 0
    return max(before.last_step - after.start_step, 0)


def _read_session(path: pathlib.Path, faults: list[str]) -> Session | None:
    began = wrote_last = start_step = last_step = None
    for event in _events(path, faults):
        began = event.wall_time if began is None else began
        wrote_last = event.wall_time
        if event.session_log.status == SessionLog.START:
            start_step = event.step - 1
        elif event.HasField("summary"):
            last_step = max(event.step, last_step or 0)
    if began is None or wrote_last is None:
        return None
    return Session(
        began=began,
        wrote_last=wrote_last,
        start_step=start_step,
        last_step=last_step,
    )


def _events(path: pathlib.Path, faults: list[str]) -> Iterator[Event]:
    # TensorBoard's reader for where TensorFlow is not installed.
    reader = PyRecordReader_New(str(path))
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
