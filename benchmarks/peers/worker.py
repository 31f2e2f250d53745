"""A side of a comparison in a process of its own, which answers requests.

Only one side works at a time, in turn, so that both meet the same machine; a
process each keeps their threads and their memory apart.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.peers import workload

# What a worker can do, by name; each takes JSON values and gives them.
Handlers = Mapping[str, Callable[..., dict[str, Any]]]


def serve(handlers: Handlers) -> None:
    """Answers requests, one a line, until there are no more."""
    # Libraries may print; the answers go where stdout was.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        reply = handlers[request["do"]](**request["arguments"])
        answers.write(json.dumps(reply, default=workload.to_json) + "\n")


def timed(run: Callable[[], Any]) -> dict[str, Any]:
    """Calls once; gives seconds, peak memory in bytes and what came out."""
    workload.reset_peak_memory()
    begin = time.perf_counter()
    output = run()
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "peak_bytes": workload.peak_memory(),
        "output": output,
    }


class Worker:
    """The parent's end.

    Args:
        module: of the worker; it calls `serve`.
        python: the interpreter that has its libraries.
    """

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
