"""T5X's optimizers out of the native engine's descriptions."""

import dataclasses
import importlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import jax
import numpy as np
import optax
from flax.core import frozen_dict

from pali_tf.errors import UserError
from pali_tf.models.functional import flatten, unflatten
from pali_tf.partitioning.logical_axes import is_scanned
from pali_tf.training.elementwise_optimizers import AdamW, Lion
from pali_tf.training.optimizer import Adafactor, clip_gradient

_adafactor = importlib.import_module("t5x.adafactor")
_optimizers = importlib.import_module("t5x.optimizers")
_BATCH, _ROW, _COLUMN, _NONE = (
    getattr(_adafactor.FactorDim, name)
    for name in ("BATCH", "ROW", "COLUMN", "NONE")
)


def make_optimizer(
    definition: Any, specs: Mapping[str, Any], trainable: Sequence[str]
) -> Any:
    """Makes T5X's optimizer: t5x.optimizers.OptimizerDef.

    Args:
        definition: Adafactor, AdamW or Lion of pali_tf.training.
        specs: VariableSpec(shape, ...) by parameter path.
        trainable: the paths that train.

    Raises:
        UserError: T5X has no such optimizer.
    """
    if isinstance(definition, Adafactor):
        optimizer = _make_adafactor(definition, specs)
    elif isinstance(definition, AdamW | Lion):
        optimizer = _OptaxOptimizer(_make_optax(definition))
    else:
        raise UserError(
            f"T5X's engine has no {type(definition).__name__}: bind OPTIMIZER "
            "to runtime.Adafactor, runtime.AdamW or runtime.Lion."
        )
    if len(trainable) == len(specs):
        return optimizer
    return _TrainablePart(optimizer, trainable)


def _make_adafactor(definition: Adafactor, specs: Mapping[str, Any]) -> Any:
    stacks = {path for path in specs if is_scanned(path)}
    if stacks and not definition.factored:
        raise UserError(
            "T5X's Adafactor with factored=False scales the blocks of a "
            "scanned stack as one array: set SCAN_LAYERS = False."
        )
    rules = [
        (f"^{re.escape(path)}$", _factor_rule(spec.shape, definition))
        if path in stacks
        else (f"^{re.escape(path)}$", _adafactor.HEURISTIC_RULE)
        for path, spec in specs.items()
    ]
    # Our fields have T5X's names.
    settings = dataclasses.asdict(definition)
    return _adafactor.Adafactor(
        **{**settings, "beta1": definition.beta1 or None},
        factor_map=_adafactor.HParamMap(rules) if stacks else None,
    )


def _factor_rule(shape: Sequence[int], definition: Adafactor) -> tuple:
    """Treats each block of a scanned array as the unrolled one is.

    T5X's rules by logical axis would factor every matrix of a stack, however
    small; its heuristic, for arrays that are not stacked, only large ones.
    """
    rule = [_BATCH] + [_NONE] * (len(shape) - 1)
    order = 1 + np.argsort(shape[1:])
    if len(shape) > 2 and (
        shape[order[-2]] >= definition.min_dim_size_to_factor
    ):
        rule[order[-2]], rule[order[-1]] = _ROW, _COLUMN
    return tuple(rule)


def _make_optax(definition: AdamW | Lion) -> optax.GradientTransformation:
    """Gives the transformation for a learning rate of 1, of nested dicts."""
    decayed = re.compile(definition.decayed)

    def mask(params: Any) -> Any:
        flat = flatten(frozen_dict.unfreeze(params))
        chosen = {p: decayed.fullmatch(p) is not None for p in flat}
        return _like(params, unflatten(chosen))

    settings: dict[str, Any] = {
        "b1": definition.beta1,
        "b2": definition.beta2,
        "weight_decay": definition.weight_decay_rate,
        "mu_dtype": definition.momentum_dtype,
        "mask": mask,
    }
    if isinstance(definition, AdamW):
        steps = optax.adamw(1.0, eps=definition.epsilon, **settings)
    else:
        steps = optax.lion(1.0, **settings)
    return clip_gradient(steps, definition.global_norm_clip_threshold)


class _OptaxOptimizer(_optimizers.OptaxWrapper):
    """T5X's wrapper, with the learning rate that its trainer gives.

    T5X's own ignores it, and wants the schedule inside of the optimizer.
    """

    def apply_gradient(
        self, hyper_params: Any, params: Any, state: Any, grads: Any
    ) -> tuple[Any, Any]:
        """Takes one step; see t5x.optimizers.OptimizerDef."""
        updates, slots = self.optax_optimizer.update(
            grads, state.param_states, params
        )
        rate = hyper_params.learning_rate
        updates = jax.tree.map(lambda update: rate * update, updates)
        return optax.apply_updates(params, updates), state.replace(
            step=state.step + 1, param_states=slots
        )


class _TrainablePart(_optimizers.OptimizerDef):
    """Applies a T5X optimizer to what trains; the rest has no state, and stays.

    T5X's MultiOptimizer does the same, but keeps an entry without a value for
    every frozen parameter, and T5X's own orbax checkpoints then fail to restore
    ("Metadata at state.param_states... does not exist").

    Source: google-research/t5x, t5x/optimizers.py (OptimizerDef).
    """

    def __init__(self, optimizer: Any, trainable: Collection[str]):
        super().__init__(optimizer.hyper_params)
        self._optimizer = optimizer
        self._trainable = frozenset(trainable)

    def _part(self, tree: Any) -> Any:
        flat = flatten(frozen_dict.unfreeze(tree))
        part = unflatten({p: flat[p] for p in flat if p in self._trainable})
        return _like(tree, part)

    def init_state(self, params: Any) -> Any:
        """Gives slots for what trains."""
        return self._optimizer.init_state(self._part(params))

    def update_hyper_params(self, **overrides: Any) -> Any:
        """Gives the optimizer's settings, with what T5X's trainer sets."""
        return self._optimizer.update_hyper_params(**overrides)

    def apply_gradient(
        self, hyper_params: Any, params: Any, state: Any, grads: Any
    ) -> tuple[Any, Any]:
        """Takes one step with the gradient of what trains."""
        updated, state = self._optimizer.apply_gradient(
            hyper_params, self._part(params), state, self._part(grads)
        )
        flat = flatten(frozen_dict.unfreeze(params))
        flat |= flatten(frozen_dict.unfreeze(updated))
        return _like(params, unflatten(flat)), state

    def set_param_axes(self, axes: Any) -> None:
        """Tells the optimizer the logical axes, if it asks for them."""
        if hasattr(self._optimizer, "set_param_axes"):
            self._optimizer.set_param_axes(self._part(axes))

    def derive_logical_axes(self, optimizer: Any, axes: Any) -> Any:
        """Gives the logical axes of parameters and slots."""
        part = _optimizers.Optimizer(
            self._optimizer, optimizer.state, self._part(axes)
        )
        derived = self._optimizer.derive_logical_axes(part, self._part(axes))
        return optimizer.replace(state=derived.state, target=axes)

    def state_dict(self, target: Any, state: Any) -> dict[str, Any]:
        """Gives what a checkpoint holds."""
        slots = self._optimizer.state_dict(self._part(target), state)["state"]
        return {**super().state_dict(target, {}), "state": slots}

    def restore_state(
        self, opt_target: Any, opt_state: Any, state_dict: Any
    ) -> tuple[Any, Any]:
        """Takes what a checkpoint holds."""
        target, _ = super().restore_state(
            opt_target, {}, {"target": state_dict["target"], "state": {}}
        )
        part = self._part(state_dict["target"])
        _, state = self._optimizer.restore_state(
            self._part(opt_target),
            opt_state,
            {"target": part, "state": state_dict["state"]},
        )
        return target, state


def _like(tree: Any, nested: dict[str, Any]) -> Any:
    """Freezes a nested dict if `tree` is one of Flax's frozen ones."""
    is_frozen = isinstance(tree, frozen_dict.FrozenDict)
    return frozen_dict.freeze(nested) if is_frozen else nested
