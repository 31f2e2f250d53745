"""A trace of some steps, as TensorBoard's profile plugin reads it."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import jax
from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.run import processes
from pali_tf.training.train_state import TrainState
from pali_tf.training.train_step import TrainStep


def parse_steps(text: str) -> range:
    """Reads "FIRST:LAST", both included.

    Raises:
        UserError: it is not so, or names no step.

    Example: parse_steps("10:15") gives range(10, 16).
    """
    match = re.fullmatch(r"(\d+):(\d+)", text)
    if match is None:
        raise UserError(
            f"--profile_steps={text} is not FIRST:LAST, such as 10:15."
        )
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last:
        raise UserError(
            f"--profile_steps={text} names no step: they are counted from 1, "
            "and the first comes before the last."
        )
    return range(first, last + 1)


@contextlib.contextmanager
def traced(
    train_step: TrainStep, steps: range | None, *, start: int, directory: Path
) -> Iterator[TrainStep]:
    """Gives a step that traces some of its calls; without any, itself.

    The trace holds those steps alone, and all of them: it waits for the
    device before the first and after the last. Only the first process traces.

    Args:
        train_step: the compiled step.
        steps: the numbers of those to trace; None: none.
        start: steps done before the first call.
        directory: gets `plugins/profile/<time>/`.
    """
    if steps is None or not processes.is_first():
        yield train_step
        return
    left = range(max(steps.start, start + 1), steps.stop)
    if not left:
        logging.warning(
            "Steps %d to %d are done already: no trace is written.",
            steps.start,
            steps.stop - 1,
        )
        yield train_step
        return
    trace = _TracedStep(train_step, left, start, directory)
    try:
        yield trace
    finally:
        trace.stop()


class _TracedStep:
    """Calls a step, and turns the profiler on and off around some."""

    def __init__(
        self, train_step: TrainStep, steps: range, start: int, directory: Path
    ):
        self._train_step = train_step
        self._steps = steps
        self._step = start
        self._directory = directory
        self._stack = contextlib.ExitStack()
        self._is_on = False

    def __call__(self, state: TrainState, batch: Any) -> TrainState:
        self._step += 1
        if self._step not in self._steps:
            return self._train_step(state, batch)
        if not self._is_on:
            jax.block_until_ready(state.step)
            self._start()
        with jax.profiler.StepTraceAnnotation("train", step_num=self._step):
            state = self._train_step(state, batch)
        if self._step == self._steps[-1]:
            jax.block_until_ready(state.step)
            self.stop()
        return state

    def _start(self) -> None:
        folder = os.fspath(self._directory)
        if files.is_bucket(folder):
            # JAX writes to a disk.
            folder = self._stack.enter_context(files.staged(folder))
        jax.profiler.start_trace(str(folder))
        self._stack.callback(jax.profiler.stop_trace)
        self._is_on = True

    def stop(self) -> None:
        """Writes the trace, if one is on."""
        if not self._is_on:
            return
        self._is_on = False
        self._stack.close()
        logging.info(
            "Traced steps %d to %d into %s: open it by tensorboard --logdir=%s "
            "with tensorboard-plugin-profile installed.",
            self._steps[0],
            self._step,
            self._directory,
            self._directory.parent,
        )
