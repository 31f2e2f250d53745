"""The checkpoints of a run: saved in the background, restored whole.

orbax copies the state to the host while the loop waits, and writes it while
the loop goes on. What a save costs in memory until it is written: on
accelerators no device memory, and on each host a copy of the arrays it holds;
on CPU, where the host's copy would share memory with what the next step
overwrites, a second copy of the state.
"""

import contextlib
import dataclasses
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from absl import logging
from jax.experimental import multihost_utils
from orbax.checkpoint import checkpoint_managers as policies

from pali_tf.checkpoints import checkpoint, digests, folders
from pali_tf.checkpoints.commit import make_manager
from pali_tf.errors import UserError
from pali_tf.models.functional import flatten, unflatten
from pali_tf.training.configs import SaveCheckpointConfig
from pali_tf.training.train_state import TrainState

# Of one save, in the background; orbax' default is 20 minutes.
_TIMEOUT_SECONDS = 2 * 60 * 60


class CheckpointSaveError(UserError):
    """A checkpoint could not be written."""


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: steps done.
        num_batches_read: the data position: the next batch's index.
        random_seed: the run's seed.
        task_names: the names behind task_id.
        num_readers: how many readers fill a batch.
    """

    step: int
    num_batches_read: int
    random_seed: int
    task_names: tuple[str, ...]
    num_readers: int = 1


class RunCheckpoints:
    """The checkpoints of one MODEL_DIR.

    Every process of a run makes one and calls the same methods.

    Args:
        model_dir: the directory; half-written checkpoints in it are set
            aside, and what a killed save left is removed.
        config: which checkpoints are kept; None: all.
    """

    def __init__(
        self,
        model_dir: str | os.PathLike[str],
        config: SaveCheckpointConfig | None = None,
    ):
        self.model_dir = Path(model_dir).absolute()
        if jax.process_index() == 0:
            folders.set_aside_incomplete(self.model_dir)
        _meet("set_aside_incomplete")
        config = config or SaveCheckpointConfig()
        self._manager = make_manager(
            self.model_dir,
            cleanup_tmp_directories=True,
            async_options=ocp.AsyncOptions(timeout_secs=_TIMEOUT_SECONDS),
            preservation_policy=_preservation(config),
            # orbax writes metrics only where it has a function of them.
            best_fn=_metric_fn(config) if config.keep_best else None,
            best_mode=config.best_mode,
        )
        self._saving: int | None = None
        self._num_bytes = 0

    def latest_step(self) -> int | None:
        """Gives the step of the latest checkpoint, or None.

        One that is being written counts: call `wait` before relying on it.
        """
        return self._manager.latest_step()

    def save(
        self,
        state: TrainState,
        progress: Progress,
        metrics: Mapping[str, float | int] | None = None,
    ) -> None:
        """Copies the state and writes it in the background.

        Waits first for the save before it, if that one is not done.

        Args:
            state: the state; the caller may overwrite it afterwards.
            progress: where the run stands; its step must not be saved yet.
            metrics: of an evaluation of this state, which the best are kept
                by; None: it is not among the best.

        Raises:
            CheckpointSaveError: the save before this one failed, or this one
                could not begin. Nothing is under its name.
        """
        self.wait()
        if jax.default_backend() == "cpu":
            state = jax.tree.map(jnp.copy, state)
        items = {
            "params": ocp.args.StandardSave(state.params()),
            "slots": ocp.args.StandardSave(_slots(state)),
            "progress": ocp.args.JsonSave(dataclasses.asdict(progress)),
        }
        if state.ema is not None:
            items["ema"] = ocp.args.StandardSave(unflatten(state.ema))
        self._saving = progress.step
        self._num_bytes = sum(x.nbytes for x in jax.tree.leaves(state))
        with self._told_as_save_error():
            self._manager.save(
                progress.step,
                args=ocp.args.Composite(**items),
                metrics=None if metrics is None else dict(metrics),
                force=True,
            )

    def wait(self) -> None:
        """Waits until the last save is written.

        Raises:
            CheckpointSaveError: it failed. Nothing is under its name.
        """
        with self._told_as_save_error():
            self._manager.wait_until_finished()
        self._saving = None

    def raise_if_failed(self) -> None:
        """Raises what `wait` would, but does not wait."""
        if (
            self._saving is not None
            and not self._manager.is_saving_in_progress()
        ):
            self.wait()

    @contextlib.contextmanager
    def _told_as_save_error(self) -> Iterator[None]:
        try:
            yield
        # orbax raises OSError, tensorstore ValueError, XLA RuntimeError.
        except (OSError, ValueError, RuntimeError) as error:
            step, self._saving = self._saving, None
            raise CheckpointSaveError(self._failure(step, error)) from error

    def _failure(self, step: int | None, error: Exception) -> str:
        if jax.process_index() == 0:
            for left in self.model_dir.glob(f"checkpoint_{step}.orbax-*"):
                shutil.rmtree(left)
        free = shutil.disk_usage(self.model_dir).free
        steps = checkpoint.complete_steps(self.model_dir)
        last = (
            f"checkpoint_{steps[-1]} is complete and stays: once that is "
            "mended, the same command continues from it"
            if steps
            else "no checkpoint is complete yet"
        )
        return (
            f"checkpoint_{step} could not be written to {self.model_dir}, "
            f"which has {free / 1e9:.3f} GB free (it takes up to "
            f"{self._num_bytes / 1e9:.3f} GB). Nothing of it is kept, and the "
            f"run stops; {last}. The cause: {error}"
        )

    def restore_latest(
        self, abstract_state: TrainState, *, fallback: bool = False
    ) -> tuple[TrainState, Progress] | None:
        """Reads the latest checkpoint.

        Args:
            abstract_state: shape, dtype and sharding of every array; the
                devices need not be those that it was saved on.
            fallback: whether a damaged one is set aside and the one before
                it is read.

        Returns:
            (state, progress), or None where no checkpoint is.

        Raises:
            DamagedCheckpointError: it is damaged; with `fallback`, all are.
            UserError: it has no digests, or no moving average that
                `abstract_state` has.
        """
        while (step := self.latest_step()) is not None:
            try:
                return self.restore(step, abstract_state)
            except checkpoint.DamagedCheckpointError as error:
                path = folders.path_of(self.model_dir, step)
                if not fallback or folders.previous(path) is None:
                    raise
                logging.warning("%s", error)
                if jax.process_index() == 0:
                    folders.set_aside(path, "damaged")
                _meet("set_aside_damaged")
                self._manager.reload()
        return None

    def restore(
        self, step: int, abstract_state: TrainState
    ) -> tuple[TrainState, Progress]:
        """Reads the checkpoint of a step, as `restore_latest` does.

        Args:
            step: one that exists.
            abstract_state: shape, dtype and sharding of every array.

        Returns:
            (state, progress).
        """
        path = folders.path_of(self.model_dir, step)
        has_ema = abstract_state.ema is not None
        if not digests.exist(path):
            raise UserError(
                f"{path} was written without digests, so that a run cannot be "
                "continued from it. Its parameters can still be read: name it "
                "as INITIAL_CHECKPOINT_PATH of a new MODEL_DIR."
            )
        checkpoint.verify(path)
        if has_ema and not (path / "ema").is_dir():
            raise UserError(
                f"{path} holds no moving average, which this run keeps "
                "(EMA_DECAY): it would not continue the same run. Name it as "
                "INITIAL_CHECKPOINT_PATH of a new MODEL_DIR."
            )
        items = {
            "params": ocp.args.StandardRestore(abstract_state.params()),
            "slots": ocp.args.StandardRestore(_slots(abstract_state)),
            "progress": ocp.args.JsonRestore(),
        }
        if abstract_state.ema is not None:
            items["ema"] = ocp.args.StandardRestore(
                unflatten(abstract_state.ema)
            )
        restored = self._manager.restore(step, args=ocp.args.Composite(**items))
        flat = flatten(restored.params)
        progress = dict(restored.progress)
        progress["task_names"] = tuple(progress["task_names"])
        state = TrainState(
            step=restored.slots["step"],
            trainable={p: flat[p] for p in abstract_state.trainable},
            frozen={p: flat[p] for p in abstract_state.frozen},
            optimizer=restored.slots["optimizer"],
            metrics=restored.slots["metrics"],
            ema=flatten(restored["ema"]) if has_ema else None,
        )
        return state, Progress(**progress)

    def close(self) -> None:
        """Waits for the last save and ends orbax's threads.

        Raises:
            CheckpointSaveError: that save failed.
        """
        try:
            self.wait()
        finally:
            self._manager.close()


def _slots(state: TrainState) -> dict[str, Any]:
    return {
        "step": state.step,
        "optimizer": state.optimizer,
        "metrics": state.metrics,
    }


def _metric_fn(config: SaveCheckpointConfig) -> Any:
    worst = math.inf if config.best_mode == "min" else -math.inf

    def value(metrics: Mapping[str, float]) -> float:
        found = metrics.get(config.best_metric, worst)
        return worst if math.isnan(found) else found

    return value


def _preservation(config: SaveCheckpointConfig) -> policies.PreservationPolicy:
    kept: list[policies.PreservationPolicy] = [policies.LatestN(config.keep)]
    if config.keep_period is not None:
        kept.append(policies.EveryNSteps(config.keep_period))
    if config.keep_best:
        kept.append(
            policies.BestN(
                get_metric_fn=_metric_fn(config),
                reverse=config.best_mode == "min",
                n=config.keep_best,
                keep_checkpoints_without_metrics=False,
            )
        )
    return policies.AnyPreservationPolicy(kept)


def _meet(name: str) -> None:
    """Waits until every process is here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)
