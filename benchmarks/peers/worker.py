"""A side of a comparison in a process of its own, which answers requests.

Only one side works at a time, in turn, so that both meet the same machine; a
process each keeps their threads and their memory apart.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

_DRAINED_BATCHES = 10


def serve(worker: object) -> None:
    """Answers requests, one a line, until there are no more.

    A request names a method, which takes JSON values and gives them.
    """
    # Libraries may print; the answers go where stdout was.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        reply = getattr(worker, request["do"])(**request["arguments"])
        # An array of the reply becomes a list.
        answers.write(json.dumps(reply, default=lambda x: x.tolist()) + "\n")


def timed(run: Callable[[], Any]) -> dict[str, Any]:
    """Calls once; gives seconds, peak memory in bytes and what came out."""
    # The peak of this process' memory starts anew.
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    begin = time.perf_counter()
    output = run()
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "peak_bytes": _peak_bytes(),
        "output": output,
    }


def _peak_bytes() -> int:
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmHWM: this is no Linux.")


class Loader:
    """A loader whose `batches` each give the number of images in one."""

    batches: Iterator[int]

    def read(self, num_batches: int) -> dict[str, Any]:
        """Reads against the clocks: of the wall, and of all threads' CPUs."""
        # What was made ahead while others had their turn does not count.
        for _ in range(_DRAINED_BATCHES):
            next(self.batches)
        begin, cpu_begin = time.perf_counter(), time.process_time()
        images = sum(next(self.batches) for _ in range(num_batches))
        return {
            "images": images,
            "seconds": time.perf_counter() - begin,
            "cpu_seconds": time.process_time() - cpu_begin,
        }


class Worker:
    """The parent's end."""

    def __init__(self, module: str, python: str = sys.executable):
        self.module = module
        self._process = subprocess.Popen(
            [python, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for the reply.

        Raises:
            RuntimeError: the worker died; its words are on stderr.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError(f"{self.module} has no pipes.")
        stdin.write(json.dumps({"do": do, "arguments": arguments}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            code = self._process.wait()
            raise RuntimeError(f"{self.module} ended with {code} at {do!r}.")
        return json.loads(line)

    def close(self) -> None:
        """Ends the worker."""
        self._process.communicate()
