"""Runs stages as processes, and keeps account of time and memory."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO

from pali_tf.errors import UserError, told
from pali_tf.sample_world.demo.stages import Stage

_BYTES_A_KIB = 1024
# What TensorFlow's C++ part and Beam's workers say before any logger is set
# up; the log keeps it.
_START_UP_NOTE = re.compile(
    r"[IWE]0000 |WARNING: All log messages before absl|"
    r"WARNING:root:apitools|INFO:__main__:Logging handler"
)


class StageFailedError(UserError):
    """A stage ended with an error; its own message is above this one."""


def pali_command(arguments: Sequence[str]) -> list[str]:
    """The command line that runs `pali` in this environment."""
    return [sys.executable, "-m", "pali_tf.cli", *arguments]


def child_environment() -> dict[str, str]:
    """This process' environment, quieter.

    TensorFlow keeps its notes to itself, and a bar, which is no bar in a
    pipe, writes a line every ten seconds.
    """
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TQDM_MININTERVAL": "10",
        **os.environ,
    }


def run_stage(stage: Stage, logs: pathlib.Path) -> float:
    """Runs one stage; its output goes to the terminal and to `<stage>.log`.

    Returns:
        What it took, in seconds.

    Raises:
        StageFailedError: the stage's exit status was not 0.
    """
    with told():
        logs.mkdir(parents=True, exist_ok=True)
    log_path = logs / f"{stage.name}.log"
    start = time.monotonic()
    with told(log_path), log_path.open("w") as log:
        process = subprocess.Popen(
            pali_command([stage.name, *stage.arguments]),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=child_environment(),
        )
        try:
            _tee(process.stdout, log)
            status = process.wait()
        except BaseException:
            # Ctrl-C reached the stage too; let it save before leaving.
            process.terminate()
            process.wait()
            raise
    if status:
        raise StageFailedError(
            f"Stage {stage.name!r} ended with status {status}; all it said "
            f"is in {log_path}. The same command continues from here."
        )
    return time.monotonic() - start


def _tee(output: IO[str] | None, log: IO[str]) -> None:
    if output is None:
        raise ValueError("The stage's output is not a pipe.")
    for line in output:
        log.write(line)
        if not _START_UP_NOTE.match(line):
            print(line, end="", flush=True)


def peak_memory_gib() -> float:
    """Most memory that one process of the demo held, in GiB."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return usage * _BYTES_A_KIB / 2**30
