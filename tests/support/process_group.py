"""Starts the processes of one run on this machine, and waits for them."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from tests.support.repository import ROOT

PATIENCE_SECONDS = 500
HEARTBEAT_SECONDS = 10


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(
    arguments: list[str],
    count: int,
    folder: pathlib.Path,
    *,
    of_last: Sequence[str] = (),
) -> Iterator[list[subprocess.Popen]]:
    """Starts `python *arguments` as `count` processes; stderr to files.

    The last one is given `of_last` as well.
    """
    flags = [
        f"--coordinator_address=127.0.0.1:{free_port()}",
        f"--process_count={count}",
        f"--heartbeat_timeout={HEARTBEAT_SECONDS}",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    group = []
    try:
        for index in range(count):
            own = [*flags, f"--process_index={index}"] if count > 1 else []
            if index == count - 1:
                own += of_last
            with open(folder / f"stderr_{index}", "w") as stderr:
                process = subprocess.Popen(
                    [sys.executable, *arguments, *own],
                    cwd=ROOT,
                    env=os.environ
                    | {"JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "jax"},
                    stderr=stderr,
                )
            group.append(process)
        yield group
    finally:
        for process in group:
            process.kill()
            process.wait()


def statuses(group: list[subprocess.Popen]) -> list[int]:
    """Waits for all; gives their exit statuses."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    return [p.wait(deadline - time.monotonic()) for p in group]


def finish(arguments: list[str], count: int, folder: pathlib.Path) -> None:
    """Runs all to their end, which must be a good one."""
    with started(arguments, count, folder) as group:
        found = statuses(group)
    said = "".join(stderr(folder, i)[-2000:] for i in range(count))
    assert found == [0] * count, said


def stderr(folder: pathlib.Path, index: int) -> str:
    return (folder / f"stderr_{index}").read_text()


def says(folder: pathlib.Path, index: int, text: str) -> bool:
    """Whether a process, or what speaks for it when it is gone, says this."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if text in stderr(folder, index):
            return True
        time.sleep(0.05)
    return False


def wait_until(
    is_true: Callable[[], bool], group: list[subprocess.Popen]
) -> None:
    """Waits for something that the processes do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        assert all(process.poll() is None for process in group)
        time.sleep(0.02)


def has_logged(model_dir: pathlib.Path, step: int) -> bool:
    lines = model_dir / "train" / "metrics.jsonl"
    return lines.is_file() and f'"step": {step},' in lines.read_text()


def numbers(model_dir: pathlib.Path) -> list[dict[str, float]]:
    """The lines of a run without what depends on the clock."""
    text = (model_dir / "train" / "metrics.jsonl").read_text()
    return [
        {k: v for k, v in json.loads(line).items() if "second" not in k}
        for line in text.splitlines()
    ]
