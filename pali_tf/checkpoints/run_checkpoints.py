"""The checkpoints of a run: saved in the background, restored whole.

orbax copies the state to the host while the loop waits, and writes it while
the loop goes on. What a save costs in memory until it is written: on
accelerators no device memory, and on each host a copy of the arrays it holds;
on CPU, where the host's copy would share memory with what the next step
overwrites, a second copy of the state.
"""

import contextlib
import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from absl import logging
from jax.experimental import multihost_utils
from orbax.checkpoint import checkpoint_managers as policies

from pali_tf import files
from pali_tf.checkpoints import checkpoint, digests, folders, progress
from pali_tf.checkpoints.commit import make_manager
from pali_tf.checkpoints.evaluations import BestPolicy, Evaluations
from pali_tf.checkpoints.progress import Progress
from pali_tf.errors import UserError, is_of_storage
from pali_tf.models.functional import flatten, unflatten
from pali_tf.partitioning import shardings
from pali_tf.training import metrics
from pali_tf.training.configs import SaveCheckpointConfig
from pali_tf.training.train_state import TrainState

# Of one save, in the background; orbax' default is 20 minutes.
_TIMEOUT_SECONDS = 2 * 60 * 60
# In the item of progress: sums that are no line of the log yet.
_SUMS = "metric_sums"


class CheckpointSaveError(UserError):
    """A checkpoint could not be written."""


class RunCheckpoints:
    """The checkpoints of one MODEL_DIR.

    Every process of a run makes one and calls the same methods.

    Args:
        model_dir: the directory; half-written checkpoints in it are set
            aside, and what a killed save left is removed.
        config: which checkpoints are kept; None: all.
        task_names: the names behind task_id.
        before_save: raises where this run must not write.

    Attributes:
        evaluations: what came out of the checkpoints' evaluations.
    """

    def __init__(
        self,
        model_dir: str | os.PathLike[str],
        config: SaveCheckpointConfig | None = None,
        *,
        task_names: Sequence[str] = (),
        before_save: Callable[[], None] = lambda: None,
    ):
        self.model_dir = files.absolute(files.as_path(model_dir))
        if jax.process_index() == 0:
            folders.set_aside_incomplete(self.model_dir)
        _meet("set_aside_incomplete")
        config = config or SaveCheckpointConfig()
        self.evaluations = Evaluations(self.model_dir)
        self._task_names = tuple(task_names)
        self._before_save = before_save
        self._manager = make_manager(
            self.model_dir,
            cleanup_tmp_directories=True,
            async_options=ocp.AsyncOptions(timeout_secs=_TIMEOUT_SECONDS),
            preservation_policy=_preservation(config, self.evaluations),
        )
        self._saving: int | None = None
        self._num_bytes = 0

    def latest_step(self) -> int | None:
        """Gives the step of the latest checkpoint, or None.

        One that is being written counts: call `wait` before relying on it.
        """
        return self._manager.latest_step()

    def save(self, state: TrainState, progress: Progress) -> None:
        """Copies the state and writes it in the background.

        Waits first for the save before it, if that one is not done.

        Args:
            state: the state; the caller may overwrite it afterwards.
            progress: where the run stands; its step must not be saved yet.

        Raises:
            CheckpointSaveError: the save before this one failed, or this one
                could not begin. Nothing is under its name.
        """
        self.wait()
        self._before_save()
        if jax.default_backend() == "cpu":
            state = jax.tree.map(jnp.copy, state)
        sums = metrics.to_json(jax.device_get(state.metrics), self._task_names)
        items = {
            "params": ocp.args.StandardSave(state.params()),
            "slots": ocp.args.StandardSave(_slots(state)),
            "progress": ocp.args.JsonSave(
                {**dataclasses.asdict(progress), _SUMS: sums}
            ),
        }
        if state.ema is not None:
            items["ema"] = ocp.args.StandardSave(unflatten(state.ema))
        self._saving = progress.step
        self._num_bytes = sum(x.nbytes for x in jax.tree.leaves(state))
        with self._told_as_save_error():
            self._manager.save(
                progress.step, args=ocp.args.Composite(**items), force=True
            )

    def wait(self) -> None:
        """Waits until the last save is written."""
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
        except Exception as error:
            # orbax raises OSError, tensorstore ValueError, XLA RuntimeError.
            known = isinstance(error, (OSError, ValueError, RuntimeError))
            if not (known or is_of_storage(error)):
                raise
            step, self._saving = self._saving, None
            raise CheckpointSaveError(self._failure(step, error)) from error

    def _failure(self, step: int | None, error: Exception) -> str:
        size = f"{self._num_bytes / 1e9:.3f} GB"
        failed = f"checkpoint_{step} could not be written to {self.model_dir}"
        if files.is_bucket(self.model_dir):
            # It may not answer, and what is unfinished does not count there.
            return (
                f"{failed} (it takes up to {size}), and the run stops. Once "
                "that is mended, the same command continues from the last one "
                f"that is complete. The cause: {error}"
            )
        if jax.process_index() == 0:
            for left in self.model_dir.glob(f"checkpoint_{step}.orbax-*"):
                left.rmtree()
        free = shutil.disk_usage(self.model_dir).free
        steps = checkpoint.complete_steps(self.model_dir)
        last = (
            f"checkpoint_{steps[-1]} is complete and stays: once that is "
            "mended, the same command continues from it"
            if steps
            else "no checkpoint is complete yet"
        )
        return (
            f"{failed}, which has {free / 1e9:.3f} GB free (it takes up to "
            f"{size}). Nothing of it is kept, and the run stops; {last}. The "
            f"cause: {error}"
        )

    def restore_latest(
        self,
        abstract_state: TrainState,
        *,
        fallback: bool = False,
        check: Callable[[Progress], None] | None = None,
    ) -> tuple[TrainState, Progress] | None:
        """Reads the latest checkpoint.

        Args:
            abstract_state: shape, dtype and sharding of every array; the
                devices need not be those that it was saved on.
            fallback: whether a damaged one is set aside and the one before
                it is read.
            check: raises where a run must not go on from a checkpoint; it is
                called before any array is read.

        Raises:
            DamagedCheckpointError: it is damaged; with `fallback`, all are.
            UserError: it has no digests, or is of an earlier form.
        """
        while (step := self.latest_step()) is not None:
            try:
                return self.restore(step, abstract_state, check)
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
        self,
        step: int,
        abstract_state: TrainState,
        check: Callable[[Progress], None] | None = None,
    ) -> tuple[TrainState, Progress]:
        """Reads the checkpoint of a step, as `restore_latest` does."""
        path = folders.path_of(self.model_dir, step)
        if not digests.exist(path):
            raise UserError(
                f"{path} was written without digests, so that a run cannot be "
                f"continued from it. {progress.as_initial(path)}"
            )
        checkpoint.verify(path, {progress.ITEM})
        stored = progress.read(path)
        found = progress.progress_of(stored, path)
        if check is not None:
            check(found)
        checkpoint.verify(path)
        items = {
            "params": ocp.args.StandardRestore(abstract_state.params()),
            "slots": ocp.args.StandardRestore(_slots(abstract_state)),
        }
        if abstract_state.ema is not None:
            items["ema"] = ocp.args.StandardRestore(
                unflatten(abstract_state.ema)
            )
        restored = self._manager.restore(step, args=ocp.args.Composite(**items))
        flat = flatten(restored.params)
        sums = metrics.from_json(stored[_SUMS], self._task_names)
        place = abstract_state.metrics.num_steps.sharding
        state = TrainState(
            step=restored.slots["step"],
            trainable={p: flat[p] for p in abstract_state.trainable},
            frozen={p: flat[p] for p in abstract_state.frozen},
            optimizer=restored.slots["optimizer"],
            metrics=shardings.place_whole(sums, place),
            ema=None if abstract_state.ema is None else flatten(restored.ema),
        )
        return state, found

    def close(self) -> None:
        """Waits for the last save and ends orbax's threads."""
        try:
            self.wait()
        finally:
            self._manager.close()


def _slots(state: TrainState) -> dict[str, Any]:
    return {"step": state.step, "optimizer": state.optimizer}


def _preservation(
    config: SaveCheckpointConfig, evaluations: Evaluations
) -> policies.PreservationPolicy:
    kept: list[policies.PreservationPolicy] = [policies.LatestN(config.keep)]
    if config.keep_period is not None:
        kept.append(policies.EveryNSteps(config.keep_period))
    if config.keep_best:
        kept.append(BestPolicy(evaluations, config))
    return policies.AnyPreservationPolicy(kept)


def _meet(name: str) -> None:
    """Waits until every process is here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)
