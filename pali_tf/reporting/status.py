"""Where a run stands, in sentences."""

import datetime
import time

from pali_tf.reporting import gin_bindings
from pali_tf.reporting.event_files import repeated_steps
from pali_tf.reporting.run_record import RunRecord

# A run whose last number is older than this is not expected to go on.
_STALE_SECONDS = 30 * 60


def total_steps(run: RunRecord) -> int | None:
    """Gives the step that the run stops after; None: it is not known."""
    if run.config is None:
        return None
    bindings = gin_bindings.parse_bindings(run.config)
    value = gin_bindings.resolve(bindings, "train_script.train.total_steps")
    value = value or bindings.get("TRAIN_STEPS")
    return int(value) if value is not None and value.isdecimal() else None


def describe(run: RunRecord, now: float | None = None) -> str:
    """Tells whether the run is done, diverged, or perhaps still going on."""
    if not run.training:
        return "It has written no numbers of its training yet."
    step, total = int(run.training[-1]["step"]), total_steps(run)
    if total is not None and step >= total:
        return f"It is done: {step:,} steps of {total:,}."
    where = f"{step:,} steps" + (f" of {total:,}" if total else "")
    if run.diverged:
        return (
            f"It stood at {where} when its loss was no longer a number; the "
            f"batch of that step is in diverged/{run.diverged[-1]}."
        )
    if not run.sessions:
        return f"It has done {where}."
    now = time.time() if now is None else now
    age = max(now - run.sessions[-1].wrote_last, 0.0)
    guess = (
        "so it may still be going on"
        if age < _STALE_SECONDS
        else "so it seems to have been stopped: the command that began it "
        "continues it"
    )
    return (
        f"It has done {where}. Its last number was written "
        f"{duration(age)} before this report, {guess}."
    )


def describe_sessions(run: RunRecord) -> str:
    """Tells how often the run was interrupted, and what that cost."""
    sessions = run.sessions
    if not sessions:
        return "train/ holds no event file, which would tell of restarts."
    if len(sessions) == 1:
        return "One process has trained, without an interruption."
    again = sum(
        repeated_steps(before, after)
        for before, after in zip(sessions, sessions[1:], strict=False)
    )
    return (
        f"{len(sessions)} processes have trained, one after the other, and "
        f"{again:,} steps that were logged had to be done again."
    )


def duration(seconds: float) -> str:
    """Writes a duration in its two largest units.

    Example: duration(3725) gives "1 h 2 min", duration(65) "1 min 5 s".
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment(seconds: float) -> str:
    """Writes a time since 1970 as "2026-01-31 23:59" in UTC."""
    utc = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    return utc.strftime("%Y-%m-%d %H:%M")
