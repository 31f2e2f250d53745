"""Loss and token accuracy on validation batches, during training."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import jax
from absl import logging
from etils.epath import Path

from pali_tf.run import processes
from pali_tf.run.metric_writer import MetricWriter
from pali_tf.training import metrics
from pali_tf.training.trainer import Trainer
from pali_tf.types import Params


class TeacherForcedEval:
    """Writes `<directory>/<task>/metrics.jsonl`, one line an evaluation.

    `<directory>/metrics.jsonl` has the lines of all tasks together.
    """

    def __init__(
        self,
        trainer: Trainer,
        batches: Callable[[], Iterable[Any]],
        *,
        directory: Path,
        task_names: Sequence[str],
        start_step: int,
    ):
        self._trainer = trainer
        self._batches = batches
        self._directory = directory
        self._task_names = task_names
        self._start_step = start_step
        self._writers: dict[str, MetricWriter] = {}
        self._stack = contextlib.ExitStack()

    def _writer(self, task: str) -> MetricWriter:
        if task not in self._writers:
            self._writers[task] = self._stack.enter_context(
                MetricWriter(
                    self._directory / task,
                    self._start_step,
                    is_silent=not processes.is_first(),
                )
            )
        return self._writers[task]

    def run(self, params: Params, step: int) -> dict[str, float | int]:
        """Evaluates once.

        Returns:
            The summary over all batches (metrics.summarize).
        """
        sums = metrics.zeros(len(self._task_names))
        for batch in self._batches():
            sums = self._trainer.eval_step(
                params, sums, self._trainer.place(batch)
            )
        summary = metrics.summarize(jax.device_get(sums), self._task_names)
        keys = ("loss", "accuracy", "examples")
        self._writer("").write(step, {key: summary[key] for key in keys})
        for task in self._task_names:
            if f"loss/{task}" in summary:
                self._writer(task).write(
                    step, {key: summary[f"{key}/{task}"] for key in keys}
                )
        for writer in self._writers.values():
            writer.sync()
        logging.info(
            "Validation after step %d: loss %.4f, token accuracy %.3f.",
            step,
            summary["loss"],
            summary["accuracy"],
        )
        return summary

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._stack.close()
