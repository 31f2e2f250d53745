"""SIGTERM and Ctrl-C, turned into a flag that the loop reads."""

import os
import signal
import threading
from types import FrameType
from typing import Any, Self

import jax
from jax.experimental import multihost_utils

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class TrainingInterrupted(Exception):
    """The run was asked to stop; its state is saved."""

    def __init__(self, message: str, signal_number: int):
        super().__init__(message)
        self.signal_number = signal_number


class SignalFlag:
    """While entered, notes the first stop signal; a second one kills.

    Only the main thread can catch signals: elsewhere this notes nothing. Where
    several processes share a run, a signal to one of them stops all of them
    after the same step: JAX catches SIGTERM and tells the others.
    """

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._previous: dict[int, Any] = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.signal_number = number
        for caught in self._previous:
            signal.signal(caught, signal.SIG_DFL)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    def at(self, step: int) -> int | None:
        """Gives the signal that asks to stop after a step, or None."""
        if jax.process_count() == 1:
            return self.signal_number
        if multihost_utils.reached_preemption_sync_point(step):
            return signal.SIGTERM
        return None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            if jax.process_count() > 1:
                number = signal.SIGINT
                self._previous[number] = signal.signal(number, self._pass_on)
                return self
            for number in _SIGNALS:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
