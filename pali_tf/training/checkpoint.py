"""Checkpoints: `<dir>/checkpoint_<step>/`, written by orbax.

A checkpoint of a run holds the items `params` (the nested dict), `slots`
(optimizer and metric sums) and `progress` (JSON: step and data position). One
of parameters alone holds `params`, maybe of a part of the tree, and
`progress`. orbax writes into a directory of another name and renames it when
all is there; a directory that a copy left half done is recognised by its
missing commit time and never read.
"""

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp
from absl import logging

from pali_tf.models.functional import flatten, unflatten
from pali_tf.training.train_state import TrainState
from pali_tf.types import Params

_PREFIX = "checkpoint"
_NAME = re.compile(rf"{_PREFIX}_(\d+)")
_ITEMS = ("params", "progress")


def is_complete(path: str | os.PathLike[str]) -> bool:
    """Tells whether a checkpoint was written to its end.

    Args:
        path: a `checkpoint_<step>` directory.

    Returns:
        True if orbax noted the commit and every item is there.
    """
    path = Path(path)
    try:
        metadata = json.loads((path / "_CHECKPOINT_METADATA").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    items = {*_ITEMS, *(metadata.get("item_handlers") or {})}
    return bool(metadata.get("commit_timestamp_nsecs")) and all(
        (path / item).is_dir() and any((path / item).iterdir())
        for item in items
    )


def complete_steps(directory: str | os.PathLike[str]) -> list[int]:
    """Gives the steps of the complete checkpoints, in order."""
    directory = Path(directory)
    if not directory.is_dir():
        return []
    return sorted(
        int(match[1])
        for child in directory.iterdir()
        if (match := _NAME.fullmatch(child.name)) and is_complete(child)
    )


def find(path: str | os.PathLike[str]) -> Path:
    """Resolves a path to one complete checkpoint.

    Args:
        path: a `checkpoint_<step>` directory, or a directory of them, whose
            latest is taken.

    Returns:
        The checkpoint's directory.

    Raises:
        FileNotFoundError: there is none, or it is half written.
    """
    path = Path(path)
    if _NAME.fullmatch(path.name) and path.is_dir():
        if not is_complete(path):
            raise FileNotFoundError(
                f"{path} is a half-written checkpoint; complete ones beside "
                f"it: {complete_steps(path.parent)}."
            )
        return path
    steps = complete_steps(path)
    if not steps:
        beside = complete_steps(path.parent)
        hint = f" {path.parent} holds steps {beside}." if beside else ""
        raise FileNotFoundError(
            f"No checkpoint at {path}: expected a checkpoint_<step> directory "
            f"or a directory that holds one.{hint}"
        )
    return path / f"{_PREFIX}_{steps[-1]}"


def _manager(
    directory: str | os.PathLike[str], keep: int | None = None
) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        step_prefix=_PREFIX,
        max_to_keep=keep,
        # On CPU a saved array shares memory with the one the next step
        # overwrites, so saving must end before the step begins.
        enable_async_checkpointing=False,
    )
    return ocp.CheckpointManager(Path(directory).absolute(), options=options)


def _set_aside_incomplete(directory: Path) -> None:
    """Renames half-written checkpoints, which orbax would take for real."""
    if not directory.is_dir():
        return
    for child in sorted(directory.iterdir()):
        if _NAME.fullmatch(child.name) and not is_complete(child):
            aside = child.with_name(f"{child.name}.incomplete-{os.getpid()}")
            logging.warning(
                "%s is half written and is not restored; moved to %s.",
                child,
                aside,
            )
            os.replace(child, aside)


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: steps done.
        num_batches_read: the data position: the next batch's index.
        random_seed: the run's seed.
        task_names: the names behind task_id.
    """

    step: int
    num_batches_read: int
    random_seed: int
    task_names: tuple[str, ...]


class RunCheckpoints:
    """The checkpoints of one MODEL_DIR.

    Args:
        model_dir: the directory; half-written checkpoints in it are set
            aside.
        keep: how many of the latest are kept; None: all.
    """

    def __init__(
        self, model_dir: str | os.PathLike[str], keep: int | None = None
    ):
        self.model_dir = Path(model_dir).absolute()
        _set_aside_incomplete(self.model_dir)
        self._manager = _manager(self.model_dir, keep)

    def latest_step(self) -> int | None:
        """Gives the step of the latest checkpoint, or None."""
        return self._manager.latest_step()

    def save(self, state: TrainState, progress: Progress) -> None:
        """Writes the checkpoint of `progress.step`; returns when it is done.

        Args:
            state: the state; its values are copied.
            progress: where the run stands.
        """
        self._manager.save(
            progress.step,
            args=ocp.args.Composite(
                params=ocp.args.StandardSave(state.params()),
                slots=ocp.args.StandardSave(_slots(state)),
                progress=ocp.args.JsonSave(dataclasses.asdict(progress)),
            ),
            force=True,
        )

    def restore(
        self, step: int, abstract_state: TrainState
    ) -> tuple[TrainState, Progress]:
        """Reads the checkpoint of a step.

        Args:
            step: one that exists.
            abstract_state: shape, dtype and sharding of every array.

        Returns:
            (state, progress).
        """
        restored = self._manager.restore(
            step,
            args=ocp.args.Composite(
                params=ocp.args.StandardRestore(abstract_state.params()),
                slots=ocp.args.StandardRestore(_slots(abstract_state)),
                progress=ocp.args.JsonRestore(),
            ),
        )
        flat = flatten(restored.params)
        slots = restored.slots
        progress = dict(restored.progress)
        progress["task_names"] = tuple(progress["task_names"])
        state = TrainState(
            step=slots["step"],
            trainable={p: flat[p] for p in abstract_state.trainable},
            frozen={p: flat[p] for p in abstract_state.frozen},
            optimizer=slots["optimizer"],
            metrics=slots["metrics"],
        )
        return state, Progress(**progress)

    def close(self) -> None:
        """Ends orbax's threads."""
        self._manager.close()


def _slots(state: TrainState) -> dict[str, Any]:
    return {
        "step": state.step,
        "optimizer": state.optimizer,
        "metrics": state.metrics,
    }


def save_parameters(
    directory: str | os.PathLike[str], step: int, params: Params
) -> Path:
    """Writes a checkpoint of parameters alone.

    Args:
        directory: where `checkpoint_<step>/` goes.
        step: its number; it must not exist yet.
        params: a nested dict, of the whole tree or a part of it, such as
            {"vision": {...}}.

    Returns:
        The checkpoint's directory.
    """
    path = Path(directory).absolute() / f"{_PREFIX}_{step}"
    if path.exists():
        raise ValueError(f"{path} exists; parameters are never overwritten.")
    manager = _manager(directory)
    manager.save(
        step,
        args=ocp.args.Composite(
            params=ocp.args.StandardSave(
                jax.tree.map(jax.numpy.asarray, params)
            ),
            progress=ocp.args.JsonSave({"step": step}),
        ),
        force=True,
    )
    manager.close()
    return path


def parameter_shapes(
    path: str | os.PathLike[str],
) -> dict[str, jax.ShapeDtypeStruct]:
    """Gives shape and dtype of each parameter of a checkpoint, by path."""
    with _reader() as reader:
        metadata = reader.metadata(find(path).absolute())
    return {
        name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
        for name, leaf in flatten(metadata.item_metadata["params"].tree).items()
    }


def load_parameters(
    path: str | os.PathLike[str],
    *,
    places: Any = None,
) -> dict[str, jax.Array]:
    """Reads the parameters of a checkpoint, of a run or of parameters alone.

    Args:
        path: a `checkpoint_<step>` directory, or a directory of them, whose
            latest is taken.
        places: shardings by path; what it lacks goes to the first device.

    Returns:
        Arrays by path.

    Raises:
        FileNotFoundError: no complete checkpoint is there.
    """
    checkpoint = find(path)
    places = places or {}
    default = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    target = unflatten(
        {
            name: jax.ShapeDtypeStruct(
                leaf.shape, leaf.dtype, sharding=places.get(name, default)
            )
            for name, leaf in parameter_shapes(checkpoint).items()
        }
    )
    args = ocp.args.Composite(params=ocp.args.StandardRestore(target))
    with _reader() as reader:
        return flatten(reader.restore(checkpoint.absolute(), args=args).params)


def _reader() -> ocp.Checkpointer:
    """Reads single items; knows them all, or orbax warns of the others."""
    return ocp.Checkpointer(
        ocp.CompositeCheckpointHandler(
            params=ocp.StandardCheckpointHandler(),
            slots=ocp.StandardCheckpointHandler(),
            progress=ocp.JsonCheckpointHandler(),
        )
    )
