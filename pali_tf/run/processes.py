"""Several processes that share one run: how they meet, and how they part.

The flags are those of T5X's train.py, so that one command line serves both
engines. What they leave out JAX finds by itself on TPU slices, under SLURM and
under Open MPI.

Source: google-research/t5x, t5x/train.py (multiprocess_gpu and after it).
"""

import argparse
import contextlib
import dataclasses
import pickle
import platform
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from absl import logging

from pali_tf.errors import UserError

_Result = TypeVar("_Result")

# JAX's own defaults.
_INITIALIZATION_TIMEOUT_SECONDS = 300
_HEARTBEAT_TIMEOUT_SECONDS = 100
# In what JAX raises when a peer's connection closes, or its heartbeats stop.
_SIGNS_OF_LOSS = ("Gloo", "heartbeat timeout", "unhealthy", "preempted/died")
# Waits for a word on its standard input; where the input ends without one, the
# process that holds the other end is gone, and can no longer say so itself.
_LAST_WORD = """trap '' INT TERM
read -r word || echo "$1" >&2"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProcessFlags:
    """How the processes of a run find each other: the flags' values.

    JAX finds what is None.
    """

    is_multiprocess: bool = False
    coordinator_address: str | None = None
    process_count: int | None = None
    process_index: int | None = None
    initialization_timeout: int = _INITIALIZATION_TIMEOUT_SECONDS
    heartbeat_timeout: int = _HEARTBEAT_TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        """Checks the numbers."""
        count, index = self.process_count, self.process_index
        if count is not None and count < 1:
            raise UserError(f"--process_count is {count}; it must be >= 1.")
        if count is not None and index is not None and not 0 <= index < count:
            raise UserError(
                f"--process_index is {index}, not in 0 to {count - 1}."
            )
        if self.coordinator_address and ":" not in self.coordinator_address:
            raise UserError(
                f"--coordinator_address is {self.coordinator_address!r}: a "
                "host and a port are needed, such as "
                f"{self.coordinator_address}:8476."
            )
        for name in ("initialization_timeout", "heartbeat_timeout"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name} must be >= 1 second.")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags to a program's parser."""
    group = parser.add_argument_group(
        "several processes",
        "One command on every host. TPU slices, SLURM and Open MPI need "
        "--multiprocess alone; elsewhere name the coordinator, too.",
    )
    group.add_argument(
        "--multiprocess",
        "--multiprocess_gpu",
        action="store_true",
        help="this process is one of several that share the run",
    )
    group.add_argument(
        "--coordinator_address",
        metavar="HOST:PORT",
        help="where process 0 runs, and a free port there",
    )
    group.add_argument("--process_count", type=int, metavar="N")
    group.add_argument("--process_index", type=int, metavar="I")
    group.add_argument(
        "--initialization_timeout",
        type=int,
        default=_INITIALIZATION_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="how long to wait for the others at the start",
    )
    group.add_argument(
        "--heartbeat_timeout",
        type=int,
        default=_HEARTBEAT_TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="after so long without a sign of life a process counts as lost",
    )


def flags_of(arguments: argparse.Namespace) -> ProcessFlags:
    """Gives the flags from what the parser read.

    Any of the three that name processes means that there are several.
    """
    names = ("coordinator_address", "process_count", "process_index")
    named = {name: getattr(arguments, name) for name in names}
    return ProcessFlags(
        **named,
        is_multiprocess=arguments.multiprocess
        or any(value is not None for value in named.values()),
        initialization_timeout=arguments.initialization_timeout,
        heartbeat_timeout=arguments.heartbeat_timeout,
    )


def is_first() -> bool:
    """Whether this process writes the run's text files, for all of them."""
    import jax

    return jax.process_index() == 0


def first_alone(function: Callable[[], _Result]) -> _Result | None:
    """Calls a function on the first process; all must call this.

    Returns:
        What it returns there, None on the others.

    Raises:
        UserError: that it raises there, on every process.
    """
    found, failure = None, None
    if is_first():
        try:
            found = function()
        except UserError as error:
            failure = error
    message = gather(str(failure) if failure else None)[0]
    if message is not None:
        raise failure or UserError(message)
    return found


class LostProcessError(UserError):
    """Another process of the run no longer answers."""


def gather(value: Any) -> list[Any]:
    """Gives what every process has, in their order; all must call this."""
    import jax
    from jax.experimental import multihost_utils

    if jax.process_count() == 1:
        return [value]
    content = np.frombuffer(pickle.dumps(value), np.uint8)
    sizes = multihost_utils.process_allgather(np.array(len(content)))
    padded = np.zeros(int(sizes.max()), np.uint8)
    padded[: len(content)] = content
    everyone = multihost_utils.process_allgather(padded)
    return [
        pickle.loads(row[: int(size)].tobytes())
        for row, size in zip(everyone, sizes, strict=True)
    ]


@contextlib.contextmanager
def joined(flags: ProcessFlags) -> Iterator[None]:
    """Joins the run's other processes, and leaves them at the end.

    Enter it before anything uses a JAX device. When one process is lost, the
    others end within the heartbeat timeout, with a status that is not 0: JAX
    ends those that wait for it, and names it.

    Raises:
        LostProcessError: another process went away while this one needed it.
    """
    if not flags.is_multiprocess:
        yield
        return
    import jax

    with _last_word(_name(flags.process_index, flags.process_count)):
        _initialize(flags)
        _introduce()
        try:
            yield
        except Exception as error:
            sign = _sign_of_loss(error)
            if sign is None:
                raise
            raise LostProcessError(
                f"{_name(jax.process_index(), jax.process_count())} lost "
                "another, which JAX names below when its heartbeats have been "
                f"out for {flags.heartbeat_timeout} s. The same command, on "
                "every process, resumes from the latest checkpoint. "
                f"({sign})"
            ) from error
        jax.distributed.shutdown()


def _sign_of_loss(error: BaseException | None) -> str | None:
    """Gives the line that tells that a peer is gone, if one caused an error.

    Closing what is open after it may fail in turn: the cause is further back.
    """
    while error is not None:
        for line in str(error).splitlines():
            if any(sign in line for sign in _SIGNS_OF_LOSS):
                return line
        error = error.__cause__ or error.__context__
    return None


def _name(index: int | None, count: int | None) -> str:
    if index is None or count is None:
        return f"The process on {platform.node()}"
    return f"Process {index} of {count}"


def _initialize(flags: ProcessFlags) -> None:
    import jax

    try:
        jax.distributed.initialize(
            coordinator_address=flags.coordinator_address,
            num_processes=flags.process_count,
            process_id=flags.process_index,
            initialization_timeout=flags.initialization_timeout,
            heartbeat_timeout_seconds=flags.heartbeat_timeout,
            shutdown_timeout_seconds=flags.heartbeat_timeout,
        )
    except ValueError as error:
        raise UserError(
            f"JAX does not find the run's other processes here ({error}): "
            "name --coordinator_address=HOST:PORT, --process_count and "
            "--process_index."
        ) from error


def _introduce() -> None:
    import jax

    index = jax.process_index()
    logging.info(
        "%s, with %d of %d devices.",
        _name(index, jax.process_count()),
        jax.local_device_count(),
        jax.device_count(),
    )
    if index:
        # Process 0 alone tells of the run.
        logging.set_verbosity(logging.WARNING)


@contextlib.contextmanager
def _last_word(name: str) -> Iterator[None]:
    """Lets a shell say what a process that is killed, or aborted, cannot."""
    message = (
        f"pali: {name} ended without a word: it was killed, or JAX ended it "
        "because another, named above, was lost or did not come. The same "
        "command, on every process, resumes from the latest checkpoint."
    )
    with subprocess.Popen(
        ["sh", "-c", _LAST_WORD, "sh", message],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as shell:
        try:
            yield
        finally:
            shell.communicate("said\n")
