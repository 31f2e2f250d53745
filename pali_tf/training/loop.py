"""The training loop: restore or draw, step, log, evaluate, save."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
from absl import logging

from pali_tf.training import (
    checkpoint,
    freezing,
    initial_parameters,
    metrics,
    progress,
    run_files,
)
from pali_tf.training.configs import CheckpointConfig
from pali_tf.training.interruption import SignalFlag, TrainingInterrupted
from pali_tf.training.metric_writer import MetricWriter
from pali_tf.training.prefetch import Prefetcher
from pali_tf.training.teacher_forced_eval import TeacherForcedEval
from pali_tf.training.train_state import TrainState
from pali_tf.training.trainer import Trainer
from pali_tf.types import Batch


class DivergedError(ValueError):
    """The loss is no longer a number."""


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
    """

    model_dir: str
    total_steps: int
    relative_steps: int | None = None
    stats_period: int = 100
    eval_period: int = 0
    checkpoint: CheckpointConfig = CheckpointConfig()
    task_names: Sequence[str] = ()
    num_readers: int = 1

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if self.stats_period < 1:
            raise ValueError(
                f"stats_period must be >= 1, got {self.stats_period}."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hooks:
    """What the entry point adds to the loop.

    Attributes:
        batches_from: index of a batch -> the batches from there on.
        eval_batches: () -> the batches of one teacher-forced evaluation.
        infer_eval: (state, step) -> None, an evaluation that decodes.
        before_first_step: (step) -> None, called when all is built.
    """

    batches_from: Callable[[int], Iterator[Any]]
    eval_batches: Callable[[], Iterable[Any]] | None = None
    infer_eval: Callable[[TrainState, int], None] | None = None
    before_first_step: Callable[[int], None] | None = None


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
        DivergedError: the loss became NaN or infinite; nothing is saved.
    """
    save = config.checkpoint.save
    keep = save.keep if save else None
    checkpoints = checkpoint.RunCheckpoints(config.model_dir, keep)
    with contextlib.closing(checkpoints):
        state = _restore_or_draw(trainer, config, checkpoints)
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
    """Tells what a run would train, from shapes alone.

    Args:
        trainer: the model on its devices.
        config: what happens when.

    Returns:
        The table of what trains, and the parameters one by one.

    Raises:
        ValueError: the layout or an initial checkpoint does not fit.
        FileNotFoundError: an initial checkpoint is not there.
    """
    specs = trainer.model.functional.specs
    restore = config.checkpoint.restore
    origins = initial_parameters.find_origins(
        restore.paths() if restore else (), specs
    )
    info = run_files.model_info(
        specs, trainer.parameter_shardings, trainer.split
    )
    table = freezing.table(specs, trainer.split, origins)
    return f"What trains:\n{table}\n\n{info}"


def _restore_or_draw(
    trainer: Trainer,
    config: RunConfig,
    checkpoints: checkpoint.RunCheckpoints,
) -> TrainState:
    """Gives the state to start from; the latest own checkpoint wins."""
    specs = trainer.model.functional.specs
    restore = config.checkpoint.restore
    step = checkpoints.latest_step()
    if step is not None:
        state, stored = checkpoints.restore(step, trainer.abstract_state)
        _check_progress(stored, trainer, config)
        origins = dict.fromkeys(specs, f"checkpoint_{step} of this run")
        logging.info("Resuming %s after step %d.", config.model_dir, step)
    else:
        # Before anything is drawn, so that a mistake is told at once.
        origins = initial_parameters.find_origins(
            restore.paths() if restore else (), specs
        )
        state = initial_parameters.replace_parameters(
            trainer.init_state(), origins, specs, trainer.parameter_shardings
        )
    table = freezing.table(specs, trainer.split, origins)
    logging.info("What trains:\n%s", table)
    drawn = sorted(
        {p.split("/")[0] for p in trainer.split.frozen if p not in origins}
    )
    if drawn:
        logging.warning(
            "%s is frozen at random values: no checkpoint holds it. Name one "
            "by --gin.INITIAL_CHECKPOINT_PATH.",
            ", ".join(drawn),
        )
    run_files.write_text(
        Path(config.model_dir) / "model-info.txt",
        run_files.model_info(specs, trainer.parameter_shardings, trainer.split),
    )
    return state


def _check_progress(
    stored: checkpoint.Progress, trainer: Trainer, config: RunConfig
) -> None:
    for name, then, now in (
        ("RANDOM_SEED", stored.random_seed, trainer.random_seed),
        ("the tasks", stored.task_names, tuple(config.task_names)),
        ("num_readers", stored.num_readers, config.num_readers),
    ):
        if then != now:
            raise ValueError(
                f"{config.model_dir} was trained with {name} {then}, this run "
                f"has {now}: it would not continue the same run. Restore the "
                "setting, or name a new MODEL_DIR and start from this one by "
                "INITIAL_CHECKPOINT_PATH."
            )


class _Run:
    """One call of the loop, after the state is there."""

    def __init__(
        self,
        trainer: Trainer,
        config: RunConfig,
        hooks: Hooks,
        checkpoints: checkpoint.RunCheckpoints,
    ):
        self._trainer = trainer
        self._config = config
        self._hooks = hooks
        self._checkpoints = checkpoints
        self._saved_step: int | None = None
        self._evaluation: TeacherForcedEval | None = None

    def train(
        self, state: TrainState, start: int, total: int
    ) -> tuple[int, TrainState]:
        """Steps from `start` to `total`."""
        directory = Path(self._config.model_dir)
        with contextlib.ExitStack() as stack:
            batches = stack.enter_context(
                Prefetcher(self._hooks.batches_from(start), self._trainer.place)
            )
            writer = stack.enter_context(
                MetricWriter(directory / "train", start)
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
            train_step = self._trainer.compile_train_step(batch)
            if self._hooks.before_first_step:
                self._hooks.before_first_step(start)
            watch = progress.Stopwatch(jax.device_get(state.metrics))
            for step in range(start + 1, total + 1):
                state = train_step(state, batch)
                if step < total:
                    batch = self._next(batches, step)
                if _is_due(step, self._config.stats_period, total):
                    state = self._log(state, step, total, writer, watch)
                if self._is_save_due(step, total):
                    self._save(state, step)
                    watch.skip()
                if _is_due(step, self._config.eval_period, total):
                    self._evaluate(state, step)
                    watch.skip()
                if stop.signal_number is not None and step < total:
                    self._stop(state, step, stop.signal_number)
        return total, state

    def _next(self, batches: Prefetcher, step: int) -> Batch:
        try:
            return next(batches)
        except StopIteration:
            raise ValueError(
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
        zeros = metrics.zeros(self._trainer.num_tasks)
        places = jax.tree.map(lambda x: x.sharding, state.metrics)
        return dataclasses.replace(state, metrics=jax.device_put(zeros, places))

    def _fetch_finite(self, state: TrainState) -> metrics.MetricSums:
        """Fetches the sums; waits for the device."""
        sums = jax.device_get(state.metrics)
        bad = int(sums.first_bad_step)
        if bad >= 0:
            last = self._checkpoints.latest_step()
            good = (
                f"checkpoint_{last} is the last good one"
                if last is not None
                else "no checkpoint was saved before it"
            )
            raise DivergedError(
                f"The loss or gradient of step {bad} is not finite; {good}. "
                "Lower the peak learning rate "
                "(create_learning_rate_scheduler.base_learning_rate) or "
                "lengthen the warm-up, and start again."
            )
        return sums

    def _is_save_due(self, step: int, total: int) -> bool:
        save = self._config.checkpoint.save
        return save is not None and _is_due(step, save.period, total)

    def _save(self, state: TrainState, step: int) -> None:
        self._fetch_finite(state)
        self._checkpoints.save(
            state,
            checkpoint.Progress(
                step=step,
                num_batches_read=step,
                random_seed=self._trainer.random_seed,
                task_names=tuple(self._config.task_names),
                num_readers=self._config.num_readers,
            ),
        )
        self._saved_step = step
        logging.info("Saved checkpoint_%d.", step)

    def _evaluate(self, state: TrainState, step: int) -> None:
        if self._evaluation is not None:
            self._evaluation.run(state.evaluated_params(), step)
        if self._hooks.infer_eval is not None:
            self._hooks.infer_eval(state, step)

    def _stop(self, state: TrainState, step: int, signal_number: int) -> None:
        can_save = self._config.checkpoint.save is not None
        if can_save and self._saved_step != step:
            self._save(state, step)
        raise TrainingInterrupted(
            f"Stopped after step {step}"
            + (
                f"; checkpoint_{step} is saved. The same command continues."
                if can_save
                else ". Nothing is saved: checkpoint_cfg.save is None."
            ),
            signal_number,
        )


def _is_due(step: int, period: int, total: int) -> bool:
    """Whether a multiple of `period`, or the end, is reached."""
    return period > 0 and (step % period == 0 or step == total)
