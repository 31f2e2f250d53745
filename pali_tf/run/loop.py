"""The training loop: restore or draw, step, log, save, evaluate."""

import contextlib
import dataclasses
import time
from typing import NoReturn

import jax
from absl import logging

from pali_tf import files
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.errors import UserError
from pali_tf.run import (
    divergence,
    identity,
    ownership,
    processes,
    profiling,
    progress,
    starting_state,
)
from pali_tf.run.divergence import DivergedError
from pali_tf.run.interruption import SignalFlag, TrainingInterrupted
from pali_tf.run.metric_writer import MetricWriter
from pali_tf.run.prefetch import Prefetcher
from pali_tf.run.run_config import Hooks, RunConfig
from pali_tf.run.teacher_forced_eval import TeacherForcedEval
from pali_tf.training import metrics
from pali_tf.training.train_state import TrainState
from pali_tf.training.trainer import Trainer
from pali_tf.types import Batch


def run(
    trainer: Trainer, config: RunConfig, hooks: Hooks
) -> tuple[int, TrainState]:
    """Trains to the last step, from the latest checkpoint if there is one.

    Returns:
        (last step, last state).

    Raises:
        TrainingInterrupted: SIGTERM or Ctrl-C; the state is saved first.
        DivergedError: the loss became NaN or infinite; the last good state
            is saved, and the batch that it ended at.
        UserError: the folder holds another run, or the processes differ.
    """
    own = identity.of_run(trainer, config.data)
    identity.check_alike(processes.gather(own))
    with contextlib.ExitStack() as stack:
        check_owner = stack.enter_context(ownership.held(config.model_dir))
        checkpoints = RunCheckpoints(
            config.model_dir,
            config.checkpoint.save,
            task_names=config.task_names,
            before_save=check_owner,
        )
        stack.enter_context(contextlib.closing(checkpoints))
        state, stored = starting_state.restore_or_draw(
            trainer, checkpoints, config.checkpoint.restore, own
        )
        if hooks.check_state is not None:
            hooks.check_state(state)
        start = stored.step
        checkpoints.evaluations.forget_after(start)
        total = _last_step(config, stored)
        standing = Progress(
            step=start,
            identity=own,
            target_step=None if config.relative_steps is None else total,
        )
        this = _Run(trainer, config, hooks, checkpoints, standing, total)
        return this.train(state)


def _last_step(config: RunConfig, stored: Progress) -> int:
    """Gives the step to end at; relative steps that were begun are ended."""
    if config.relative_steps is None:
        return config.total_steps
    target = stored.target_step
    if target is not None and target > stored.step:
        logging.info("Going on to step %d, which was aimed at.", target)
        return target
    return stored.step + config.relative_steps


class _Run:
    """One call of the loop, after the state is there."""

    def __init__(
        self,
        trainer: Trainer,
        config: RunConfig,
        hooks: Hooks,
        checkpoints: RunCheckpoints,
        standing: Progress,
        total: int,
    ):
        self._trainer = trainer
        self._config = config
        self._hooks = hooks
        self._checkpoints = checkpoints
        self._standing = standing
        self._start = standing.step
        self._total = total
        self._saved_step: int | None = None
        self._evaluation: TeacherForcedEval | None = None
        self._writer: MetricWriter | None = None

    def train(self, state: TrainState) -> tuple[int, TrainState]:
        """Steps from where the run stands to its end."""
        start, total = self._start, self._total
        with contextlib.ExitStack() as stack:
            self._evaluate_if_missing(stack, state)
            if start < total:
                return total, self._steps(stack, state)
        logging.info("Step %d of %d: nothing to train.", start, total)
        return start, state

    def _evaluate_if_missing(
        self, stack: contextlib.ExitStack, state: TrainState
    ) -> None:
        """Opens the evaluation, and does one that a checkpoint waits for."""
        start = self._start
        is_missing = (
            start > 0
            and self._evaluates()
            and self._is_due(start, self._config.eval_period)
            and not self._checkpoints.evaluations.has(start)
        )
        if self._hooks.eval_batches is not None:
            self._evaluation = stack.enter_context(
                TeacherForcedEval(
                    self._trainer,
                    self._hooks.eval_batches,
                    directory=files.as_path(self._config.model_dir)
                    / "training_eval",
                    task_names=self._config.task_names,
                    start_step=start - is_missing,
                )
            )
        if is_missing:
            logging.info("Evaluating checkpoint_%d, which was not.", start)
            self._evaluate(state, start)

    def _steps(
        self, stack: contextlib.ExitStack, state: TrainState
    ) -> TrainState:
        start, total = self._start, self._total
        directory = files.as_path(self._config.model_dir)
        batches = stack.enter_context(
            Prefetcher(self._hooks.batches_from(start), self._trainer.place)
        )
        self._writer = writer = stack.enter_context(
            MetricWriter(
                directory / "train", start, is_silent=not processes.is_first()
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
            if self._is_due(step, self._config.stats_period):
                self._checkpoints.raise_if_failed()
                state = self._log(state, step, writer, watch)
            self._save_and_evaluate(state, step, watch)
            number = stop.at(step)
            if number is not None and step < total:
                self._stop(state, step, number)
        return state

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
                self._total,
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

    def _is_due(self, step: int, period: int) -> bool:
        """Whether a multiple of `period`, or the end, is reached."""
        return period > 0 and (step % period == 0 or step == self._total)

    def _evaluates(self) -> bool:
        return bool(self._hooks.eval_batches or self._hooks.infer_eval)

    def _save_and_evaluate(
        self, state: TrainState, step: int, watch: progress.Stopwatch
    ) -> None:
        """Does what is due; no evaluation can cost a checkpoint."""
        save = self._config.checkpoint.save
        is_save_due = save is not None and self._is_due(step, save.period)
        is_eval_due = self._is_due(step, self._config.eval_period)
        if not (is_save_due or is_eval_due):
            return
        jax.block_until_ready(state.step)
        with watch.paused():
            if is_save_due:
                self._save(state, step)
            if is_eval_due and self._evaluates():
                self._evaluate(state, step)

    def _evaluate(self, state: TrainState, step: int) -> None:
        found = {}
        if self._evaluation is not None:
            found = self._evaluation.run(state.evaluated_params(), step)
        if self._hooks.infer_eval is not None:
            self._hooks.infer_eval(state, step)
        self._checkpoints.evaluations.note(step, found)

    def _save(self, state: TrainState, step: int) -> None:
        self._fetch_finite(state)
        self._write(state, step)

    def _write(self, state: TrainState, step: int) -> None:
        start = time.monotonic()
        if self._writer is not None:
            # A run that goes on from here finds the lines before.
            self._writer.sync()
        self._checkpoints.save(
            state, dataclasses.replace(self._standing, step=step)
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
