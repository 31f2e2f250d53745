"""The training loop: restore or draw, step, log, evaluate, save."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import jax
from absl import logging

from pali_tf.checkpoints.run_checkpoints import Progress, RunCheckpoints
from pali_tf.errors import UserError, nearest
from pali_tf.run import (
    divergence,
    processes,
    profiling,
    progress,
    starting_state,
)
from pali_tf.run.divergence import DivergedError
from pali_tf.run.interruption import SignalFlag, TrainingInterrupted
from pali_tf.run.metric_writer import MetricWriter
from pali_tf.run.prefetch import Prefetcher
from pali_tf.run.teacher_forced_eval import TeacherForcedEval
from pali_tf.training import metrics
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from pali_tf.training.train_state import TrainState
from pali_tf.training.trainer import Trainer
from pali_tf.types import Batch


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run does when; periods are in steps.

    Attributes:
        model_dir: where everything of the run is written.
        total_steps: the step to stop after.
        relative_steps: steps to add to where the run stands; takes the place
            of `total_steps`.
        stats_period: steps between log lines.
        eval_period: steps between evaluations; 0: none.
        checkpoint: saving and restoring.
        task_names: the task names behind task_id.
        num_readers: of the data, noted in checkpoints.
        profile_steps: the steps that a trace is written of; None: none.
    """

    model_dir: str
    total_steps: int
    relative_steps: int | None = None
    stats_period: int = 100
    eval_period: int = 0
    checkpoint: CheckpointConfig = CheckpointConfig()
    task_names: Sequence[str] = ()
    num_readers: int = 1
    profile_steps: range | None = None

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if self.stats_period < 1:
            raise UserError(
                f"stats_period must be >= 1, got {self.stats_period}."
            )
        save = self.checkpoint.save
        if save is not None and save.keep_best:
            self._check_best(save)

    def _check_best(self, save: SaveCheckpointConfig) -> None:
        if self.eval_period < 1 or save.period % self.eval_period:
            raise UserError(
                f"keep_best needs an evaluation at every checkpoint: "
                f"eval_period is {self.eval_period}, which does not divide "
                f"the checkpoints' period, {save.period}."
            )
        names = [
            f"{kind}{task}"
            for kind in ("loss", "accuracy")
            for task in ("", *(f"/{name}" for name in self.task_names))
        ]
        if save.best_metric not in names:
            raise UserError(
                "The evaluation gives no number for best_metric to be "
                f"{save.best_metric!r}{nearest(save.best_metric, names)}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hooks:
    """What the entry point adds to the loop.

    Attributes:
        batches_from: index of a batch -> the batches from there on.
        eval_batches: () -> the batches of one teacher-forced evaluation.
        infer_eval: (state, step) -> None, an evaluation that decodes.
        check_state: (state to start from) -> None, which raises where the
            run must not begin.
        before_first_step: (step, writer) -> None, called when all is built;
            the writer is that of the training's numbers.
    """

    batches_from: Callable[[int], Iterator[Any]]
    eval_batches: Callable[[], Iterable[Any]] | None = None
    infer_eval: Callable[[TrainState, int], None] | None = None
    check_state: Callable[[TrainState], None] | None = None
    before_first_step: Callable[[int, MetricWriter], None] | None = None


def run(
    trainer: Trainer, config: RunConfig, hooks: Hooks
) -> tuple[int, TrainState]:
    """Trains to the last step, from the latest checkpoint if there is one.

    Args:
        trainer: the model on its devices.
        config: what happens when.
        hooks: the data, and what the entry point adds.

    Returns:
        (last step, last state).

    Raises:
        TrainingInterrupted: SIGTERM or Ctrl-C; the state is saved first.
        DivergedError: the loss became NaN or infinite; the last good state
            is saved, and the batch that it ended at.
        CheckpointSaveError: a checkpoint could not be written.
        DamagedCheckpointError: the checkpoint to go on from is damaged.
    """
    checkpoints = RunCheckpoints(config.model_dir, config.checkpoint.save)
    with contextlib.closing(checkpoints):
        state = starting_state.restore_or_draw(
            trainer,
            checkpoints,
            config.checkpoint.restore,
            _progress(trainer, config, 0),
        )
        if hooks.check_state is not None:
            hooks.check_state(state)
        start = int(state.step)
        total = (
            start + config.relative_steps
            if config.relative_steps is not None
            else config.total_steps
        )
        if start >= total:
            logging.info("Step %d of %d: nothing to train.", start, total)
            return start, state
        return _Run(trainer, config, hooks, checkpoints).train(
            state, start, total
        )


def describe(trainer: Trainer, config: RunConfig) -> str:
    """Tells what a run would train (starting_state.describe)."""
    return starting_state.describe(trainer, config.checkpoint.restore)


class _Run:
    """One call of the loop, after the state is there."""

    def __init__(
        self,
        trainer: Trainer,
        config: RunConfig,
        hooks: Hooks,
        checkpoints: RunCheckpoints,
    ):
        self._trainer = trainer
        self._config = config
        self._hooks = hooks
        self._checkpoints = checkpoints
        self._start = 0
        self._saved_step: int | None = None
        self._evaluation: TeacherForcedEval | None = None

    def train(
        self, state: TrainState, start: int, total: int
    ) -> tuple[int, TrainState]:
        """Steps from `start` to `total`."""
        self._start = start
        directory = Path(self._config.model_dir)
        with contextlib.ExitStack() as stack:
            batches = stack.enter_context(
                Prefetcher(self._hooks.batches_from(start), self._trainer.place)
            )
            writer = stack.enter_context(
                MetricWriter(
                    directory / "train",
                    start,
                    is_silent=not processes.is_first(),
                )
            )
            if self._hooks.eval_batches is not None:
                self._evaluation = stack.enter_context(
                    TeacherForcedEval(
                        self._trainer,
                        self._hooks.eval_batches,
                        directory=directory / "training_eval",
                        task_names=self._config.task_names,
                        start_step=start,
                    )
                )
            stop = stack.enter_context(SignalFlag())
            batch = self._next(batches, start)
            train_step = stack.enter_context(
                profiling.traced(
                    self._trainer.compile_train_step(batch),
                    self._config.profile_steps,
                    start=start,
                    directory=directory / "profile",
                )
            )
            if self._hooks.before_first_step:
                self._hooks.before_first_step(start, writer)
            watch = progress.Stopwatch(jax.device_get(state.metrics))
            for step in range(start + 1, total + 1):
                state = train_step(state, batch)
                if step < total:
                    batch = self._next(batches, step)
                if _is_due(step, self._config.stats_period, total):
                    self._checkpoints.raise_if_failed()
                    state = self._log(state, step, total, writer, watch)
                is_eval_due = _is_due(step, self._config.eval_period, total)
                if self._is_save_due(step, total) or is_eval_due:
                    jax.block_until_ready(state.step)
                    with watch.paused():
                        self._evaluate_and_save(state, step, total, is_eval_due)
                number = stop.at(step)
                if number is not None and step < total:
                    self._stop(state, step, number)
        return total, state

    def _next(self, batches: Prefetcher, step: int) -> Batch:
        try:
            return next(batches)
        except StopIteration:
            raise UserError(
                f"The training data ended after step {step}; it must repeat."
            ) from None

    def _log(
        self,
        state: TrainState,
        step: int,
        total: int,
        writer: MetricWriter,
        watch: progress.Stopwatch,
    ) -> TrainState:
        sums = self._fetch_finite(state)
        rates = watch.read(sums)
        rate = float(self._trainer.learning_rate_fn(step - 1))
        summary = metrics.summarize(sums, self._config.task_names)
        writer.write(
            step,
            {
                **summary,
                "learning_rate": rate,
                "gradient_norm": float(sums.gradient_norm)
                / max(int(sums.num_steps), 1),
                "images_per_second": rates.images_per_second,
                "tokens_per_second": rates.tokens_per_second,
                "steps_per_second": rates.steps_per_second,
            },
        )
        logging.info(
            "%s",
            progress.format_line(
                step,
                total,
                loss=summary["loss"],
                accuracy=summary["accuracy"],
                learning_rate=rate,
                rates=rates,
            ),
        )
        return self._with_zero_sums(state)

    def _fetch_finite(self, state: TrainState) -> metrics.MetricSums:
        """Fetches the sums; waits for the device."""
        sums = jax.device_get(state.metrics)
        bad = int(sums.first_bad_step)
        if bad >= 0:
            # The state is that of the step before; its sums are not.
            self._stop_diverged(self._with_zero_sums(state), bad)
        return sums

    def _stop_diverged(self, state: TrainState, bad: int) -> NoReturn:
        self._checkpoints.wait()
        last = self._checkpoints.latest_step()
        good = bad - 1
        if self._config.checkpoint.save is not None and good > self._start:
            if last != good:
                self._write(state, good)
                self._checkpoints.wait()
            last = good
        kept = (
            f"checkpoint_{last} is the last good state"
            if last is not None
            else "no checkpoint was saved before it"
        )
        batch = next(self._hooks.batches_from(good))
        path = divergence.write_batch(self._config.model_dir, bad, batch)
        raise DivergedError(divergence.describe(bad, batch, path, kept))

    def _with_zero_sums(self, state: TrainState) -> TrainState:
        return dataclasses.replace(state, metrics=self._trainer.zero_metrics())

    def _is_save_due(self, step: int, total: int) -> bool:
        save = self._config.checkpoint.save
        return save is not None and _is_due(step, save.period, total)

    def _evaluate_and_save(
        self, state: TrainState, step: int, total: int, is_eval_due: bool
    ) -> None:
        """Saves after the loss is known and before what takes long."""
        found = None
        if is_eval_due and self._evaluation is not None:
            found = self._evaluation.run(state.evaluated_params(), step)
        if self._is_save_due(step, total):
            self._save(state, step, found)
        if is_eval_due and self._hooks.infer_eval is not None:
            self._hooks.infer_eval(state, step)

    def _save(
        self,
        state: TrainState,
        step: int,
        evaluation: dict[str, float | int] | None = None,
    ) -> None:
        self._fetch_finite(state)
        self._write(state, step, evaluation)

    def _write(
        self,
        state: TrainState,
        step: int,
        evaluation: dict[str, float | int] | None = None,
    ) -> None:
        start = time.monotonic()
        self._checkpoints.save(
            state, _progress(self._trainer, self._config, step), evaluation
        )
        self._saved_step = step
        logging.info(
            "Saving checkpoint_%d in the background; the loop stood %.2f s.",
            step,
            time.monotonic() - start,
        )

    def _stop(self, state: TrainState, step: int, signal_number: int) -> None:
        can_save = self._config.checkpoint.save is not None
        if can_save and self._saved_step != step:
            self._save(state, step)
        # Until it is written, a second signal kills.
        self._checkpoints.wait()
        raise TrainingInterrupted(
            f"Stopped after step {step}"
            + (
                f"; checkpoint_{step} is saved. The same command continues."
                if can_save
                else ". Nothing is saved: checkpoint_cfg.save is None."
            ),
            signal_number,
        )


def _progress(trainer: Trainer, config: RunConfig, step: int) -> Progress:
    return Progress(
        step=step,
        num_batches_read=step,
        random_seed=trainer.random_seed,
        task_names=tuple(config.task_names),
        num_readers=config.num_readers,
    )


def _is_due(step: int, period: int, total: int) -> bool:
    """Whether a multiple of `period`, or the end, is reached."""
    return period > 0 and (step % period == 0 or step == total)
