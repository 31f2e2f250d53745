"""Initial values from checkpoints, in place of those that are drawn."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from pali_tf.checkpoints import checkpoint
from pali_tf.checkpoints.checkpoint import ALL
from pali_tf.errors import UserError, nearest
from pali_tf.models.layout_change import change_layout
from pali_tf.training.configs import Selection
from pali_tf.training.train_state import TrainState


def fitted_shapes(
    path: str, specs: Mapping[str, Any], selection: Selection = ALL
) -> dict[str, jax.ShapeDtypeStruct]:
    """Gives what a checkpoint holds once it is fitted to the model, checked."""
    shapes = jax.eval_shape(
        lambda values: change_layout(values, specs),
        checkpoint.parameter_shapes(path, selection),
    )
    for name, leaf in shapes.items():
        if name not in specs:
            raise UserError(
                f"{path} holds {name!r}, which the model has not"
                f"{nearest(name, specs)}"
            )
        if tuple(leaf.shape) != tuple(specs[name].shape):
            raise UserError(
                f"{path}: {name} has shape {tuple(leaf.shape)}, the model's "
                f"is {tuple(specs[name].shape)}."
            )
    return shapes


def load_fitted(
    path: str,
    specs: Mapping[str, Any],
    places: Mapping[str, Any],
    selection: Selection = ALL,
) -> dict[str, jax.Array]:
    """Reads a checkpoint in the layout and image size of the model."""
    loaded = checkpoint.load_parameters(
        path, places=places, selection=selection
    )
    values = change_layout(loaded, specs)
    return {
        name: jax.device_put(value, places.get(name))
        for name, value in values.items()
    }


def load_all(
    path: str,
    specs: Mapping[str, Any],
    places: Mapping[str, Any],
    selection: Selection = ALL,
) -> tuple[dict[str, jax.Array], int]:
    """Reads a checkpoint that must hold every parameter of the model.

    Returns:
        (arrays by the model's parameter paths, the checkpoint's step).
    """
    shapes = fitted_shapes(path, specs, selection)
    missing = sorted(specs.keys() - shapes.keys())
    if missing:
        raise UserError(
            f"{path} lacks {len(missing)} parameters of the model, such as "
            f"{missing[0]!r}: it is not a checkpoint of a whole run."
        )
    step = int(path.rpartition("_")[2])
    return load_fitted(path, specs, places, selection), step


def find_origins(
    paths: Sequence[str],
    specs: Mapping[str, Any],
    selection: Selection = ALL,
    *,
    fallback: bool = False,
) -> dict[str, str]:
    """Finds which checkpoint each parameter is from, reading shapes alone.

    A checkpoint may have the other layout of its blocks, and a ViT's position
    table of another image size. Each may hold a part of the tree; what a later
    one holds replaces what an earlier one does.

    Returns:
        {parameter path: checkpoint path}; what is in none is left out.

    Raises:
        UserError: a checkpoint does not fit the model.
    """
    origins: dict[str, str] = {}
    for path in paths:
        found = str(checkpoint.find(path, fallback=fallback))
        shapes = fitted_shapes(found, specs, selection)
        origins.update(dict.fromkeys(shapes, found))
    return origins


def replace_parameters(
    state: TrainState,
    origins: Mapping[str, str],
    specs: Mapping[str, Any],
    places: Mapping[str, Any],
    selection: Selection = ALL,
) -> TrainState:
    """Puts the parameters of checkpoints into a fresh state."""
    trainable, frozen = dict(state.trainable), dict(state.frozen)
    for path in dict.fromkeys(origins.values()):
        loaded = load_fitted(path, specs, places, selection)
        for name, value in loaded.items():
            if origins[name] == path:
                group = trainable if name in trainable else frozen
                group[name] = value.astype(group[name].dtype)
    # A copy: the step consumes the state's arrays, each once.
    ema = None if state.ema is None else jax.tree.map(jnp.copy, trainable)
    return dataclasses.replace(
        state, trainable=trainable, frozen=frozen, ema=ema
    )
