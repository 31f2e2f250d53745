"""Checkpoints: `<dir>/checkpoint_<step>/`, written by orbax.

A checkpoint of a run (run_checkpoints.py) holds the items `params` (the nested
dict), `slots` (of the optimizer), `progress` (JSON: the step, what the run is,
the sums of the next log line) and, if the run keeps one, `ema` (the average of
what trains). One of parameters alone holds `params`, maybe of a part of the
tree, and `progress`.
Each has the digests of its files, which are checked whenever it is read.

What T5X saves through orbax holds the item `state`, with the parameters below
`target`, by the same paths: they are read as well.
"""

import os
from collections.abc import Collection
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from absl import logging
from etils.epath import Path
from jax.experimental import multihost_utils

from pali_tf import files
from pali_tf.checkpoints import digests, folders
from pali_tf.checkpoints.commit import DigestedPath, make_manager
from pali_tf.checkpoints.digests import DamagedCheckpointError
from pali_tf.checkpoints.folders import T5X_ITEM, is_t5x, path_of
from pali_tf.checkpoints.folders import complete_steps as complete_steps
from pali_tf.errors import UserError
from pali_tf.models.functional import flatten, unflatten
from pali_tf.training.configs import Selection
from pali_tf.types import Params

_METADATA_BYTES = 1 << 20
FALLBACK_FLAG = "--gin.RestoreCheckpointConfig.fallback=True"
ALL = Selection()


def find(path: str | os.PathLike[str], *, fallback: bool = False) -> Path:
    """Resolves a path to one complete checkpoint.

    Args:
        path: a `checkpoint_<step>` directory, or a directory of them, whose
            latest is taken.
        fallback: whether a damaged one is passed over for the one before it.

    Raises:
        MissingFileError: there is none, or it is half written.
        DamagedCheckpointError: with `fallback`: none is whole.
    """
    found = folders.find(path)
    while fallback and digests.exist(found):
        try:
            verify(found)
            break
        except DamagedCheckpointError as error:
            before = folders.previous(found)
            if before is None:
                raise
            logging.warning("%s Taking %s, as asked.", error, before)
            found = before
    return found


def verify(path: Path, items: Collection[str] | None = None) -> None:
    """Reads a checkpoint's files and compares them with their digests.

    Of several processes, each reads its share; all must call this.

    Raises:
        DamagedCheckpointError: the message names the file, the previous
            checkpoint and how to take it.
    """
    count, index = jax.process_count(), jax.process_index()
    error = None
    try:
        _verify_alone(path, items, part=index, num_parts=count)
    except DamagedCheckpointError as damage:
        error = damage
    if count > 1:
        failed = multihost_utils.process_allgather(np.array(error is not None))
        if error is None and failed.any():
            error = DamagedCheckpointError(
                f"{path} is damaged: process {int(np.argmax(failed))} names "
                f"the file. {_way_out(path)}"
            )
    if error is not None:
        raise error


def _verify_alone(
    path: Path, items: Collection[str] | None, **which: Any
) -> None:
    try:
        digests.verify(path, items=items, **which)
    except DamagedCheckpointError as error:
        raise DamagedCheckpointError(f"{error} {_way_out(path)}") from None


def verify_if_possible(path: Path, items: Collection[str]) -> None:
    """Verifies items that hold parameters; warns where there are no digests."""
    if digests.exist(path):
        verify(path, items)
    else:
        logging.warning(
            "%s was written without digests: it is read unverified.", path
        )


def _way_out(path: Path) -> str:
    before = folders.previous(path)
    if before is None:
        return f"No complete checkpoint of an earlier step is in {path.parent}."
    return (
        f"The previous complete one is {before}: to take the latest one that "
        f"is whole, add {FALLBACK_FLAG} where the run has that setting, or "
        "give that path."
    )


def save_parameters(
    directory: str | os.PathLike[str], step: int, params: Params
) -> Path:
    """Writes a checkpoint of parameters alone, of the whole tree or a part."""
    path = files.absolute(path_of(directory, step))
    if path.exists():
        raise UserError(f"{path} exists; parameters are never overwritten.")
    manager = make_manager(directory, enable_async_checkpointing=False)
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
    path: str | os.PathLike[str], selection: Selection = ALL
) -> dict[str, jax.ShapeDtypeStruct]:
    """Gives shape and dtype of each parameter of a checkpoint, by path."""
    found = files.absolute(find(path))
    if digests.exist(found):
        # Shapes are in small files; what is large is left to who reads it.
        _verify_alone(
            found, items_of(found, selection), most_bytes=_METADATA_BYTES
        )
    return _shapes(found, selection)


def _shapes(
    path: Path, selection: Selection
) -> dict[str, jax.ShapeDtypeStruct]:
    shapes = {
        name: leaf
        for item in items_of(path, selection)
        for name, leaf in _item_shapes(path, item).items()
    }
    return {name: shapes[name] for name in selection.names(shapes, path)}


def load_parameters(
    path: str | os.PathLike[str],
    *,
    places: Any = None,
    selection: Selection = ALL,
) -> dict[str, jax.Array]:
    """Reads the parameters of a checkpoint, of a run or of parameters alone.

    `places` are shardings by path; what it lacks goes to the first device.

    Raises:
        MissingFileError: no complete checkpoint is there.
        DamagedCheckpointError: a file is not as it was written.
        UserError: nothing is selected, or it has no moving average.
    """
    found = files.absolute(find(path))
    items = items_of(found, selection)
    verify_if_possible(found, items)
    places = places or {}
    default = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    left = _shapes(found, selection)
    loaded = {}
    # The average first: what it holds is not read a second time.
    for item in reversed(items):
        shapes = {
            name: jax.ShapeDtypeStruct(
                left[name].shape,
                left[name].dtype,
                sharding=places.get(name, default),
            )
            for name in _item_shapes(found, item)
            if name in left and name not in loaded
        }
        loaded |= _read(found, item, shapes)
    return {name: loaded[name] for name in left}


def items_of(path: Path, selection: Selection) -> tuple[str, ...]:
    """Gives the items that hold what is selected; a later one's arrays win."""
    if not selection.use_ema:
        return (T5X_ITEM,) if is_t5x(path) else ("params",)
    if not (path / "ema").is_dir():
        raise UserError(
            f"{path} holds no moving average: its run did not keep one "
            "(gin/optimizers/ema.gin)."
        )
    return ("params", "ema")


def _item_shapes(path: Path, item: str) -> dict[str, Any]:
    # Of the item alone: a damaged one beside it does not matter.
    handler: Any = ocp.PyTreeCheckpointHandler()
    tree = handler.metadata(path / item).tree
    return {
        name: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
        for name, leaf in flatten(_parameters(tree, item)).items()
    }


def _parameters(tree: Any, item: str) -> Any:
    return tree["target"] if item == T5X_ITEM else tree


def _read(
    path: Path, item: str, shapes: dict[str, jax.ShapeDtypeStruct]
) -> dict[str, jax.Array]:
    if not shapes:
        return {}
    target = unflatten(shapes)
    if item == T5X_ITEM:
        target = {"target": target}
    args = ocp.args.PyTreeRestore(
        target,
        restore_args=ocp.checkpoint_utils.construct_restore_args(target),
        partial_restore=True,
    )
    with _reader() as reader:
        restored = reader.restore(path, args=ocp.args.Composite(**{item: args}))
    return flatten(_parameters(restored[item], item))


def _reader() -> ocp.Checkpointer:
    """Reads single items; knows them all, or orbax warns of the others.

    Whether a checkpoint is complete, `folders.find` has told.
    """
    return ocp.Checkpointer(
        ocp.CompositeCheckpointHandler(
            params=ocp.PyTreeCheckpointHandler(),
            ema=ocp.PyTreeCheckpointHandler(),
            state=ocp.PyTreeCheckpointHandler(),
            slots=ocp.PyTreeCheckpointHandler(),
            progress=ocp.JsonCheckpointHandler(),
            metrics=ocp.JsonCheckpointHandler(),
            dataset=ocp.JsonCheckpointHandler(),  # T5X's.
        ),
        temporary_path_class=DigestedPath,
    )
