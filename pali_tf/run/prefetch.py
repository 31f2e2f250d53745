"""Puts batches on the device ahead of the step, in a thread."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

# While a step runs on one batch, the next is already there.
_DEPTH = 2


class Prefetcher:
    """Iterates over placed batches, made ahead of their use.

    An error of the source is raised by `next`, at its place in the order.

    Args:
        batches: the source; read from the thread alone.
        place: starts the transfer of a batch.
    """

    def __init__(self, batches: Iterator[Any], place: Callable[[Any], Any]):
        self._queue: queue.Queue[tuple[str, Any]] = queue.Queue(_DEPTH)
        self._stop = threading.Event()
        self._batches = batches
        self._place = place
        self._thread = threading.Thread(
            target=self._run, name="prefetch", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        try:
            for batch in self._batches:
                if not self._put("batch", self._place(batch)):
                    return
            self._put("end", None)
        except Exception as error:  # noqa: BLE001 (raised again by `next`)
            self._put("error", error)

    def _put(self, kind: str, value: Any) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put((kind, value), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        kind, value = self._queue.get()
        if kind == "batch":
            return value
        self._queue.put((kind, value))
        if kind == "error":
            raise value
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
