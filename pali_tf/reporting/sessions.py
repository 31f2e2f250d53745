"""When the processes of a run began, and where each ended."""

import dataclasses
import pathlib

from tensorboard.compat.proto.event_pb2 import SessionLog

from pali_tf.reporting.event_files import find_event_files, read_events

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


def read_sessions(folder: pathlib.Path, faults: list[str]) -> list[Session]:
    """Reads the event files of a run's train/, in the order of time.

    Args:
        folder: MODEL_DIR/train.
        faults: Gets a sentence about each file that is broken.
    """
    found = [_read_session(path, faults) for path in find_event_files(folder)]
    return [session for session in found if session is not None]


def repeated_steps(before: Session, after: Session) -> int:
    """Counts the steps that a process did again, as far as is known."""
    if before.last_step is None or after.start_step is None:
        return 0
    return max(before.last_step - after.start_step, 0)


def _read_session(path: pathlib.Path, faults: list[str]) -> Session | None:
    began = wrote_last = start_step = last_step = None
    for event in read_events(path, faults):
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
