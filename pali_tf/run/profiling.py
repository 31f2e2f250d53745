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
    stack = contextlib.ExitStack()
    done = start

    def step(state: TrainState, batch: Any) -> TrainState:
        nonlocal done
        done += 1
        if done not in left:
            return train_step(state, batch)
        if done == left[0]:
            jax.block_until_ready(state.step)
            stack.callback(lambda: _tell(left[0], done, directory))
            stack.enter_context(_trace_in(directory))
        with jax.profiler.StepTraceAnnotation("train", step_num=done):
            state = train_step(state, batch)
        if done == left[-1]:
            jax.block_until_ready(state.step)
            stack.close()
        return state

    try:
        yield step
    finally:
        stack.close()


@contextlib.contextmanager
def _trace_in(directory: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        folder = os.fspath(directory)
        if files.is_bucket(directory):
            # JAX writes to a disk.
            folder = stack.enter_context(files.staged(directory))
        jax.profiler.start_trace(str(folder))
        stack.callback(jax.profiler.stop_trace)
        yield


def _tell(first: int, last: int, directory: Path) -> None:
    logging.info(
        "Traced steps %d to %d into %s: open it by tensorboard --logdir=%s "
        "with tensorboard-plugin-profile installed.",
        first,
        last,
        directory,
        directory.parent,
    )
