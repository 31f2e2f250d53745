"""A T5X optimizer of what trains; the rest has no state and stays as it is.

T5X's MultiOptimizer does the same, but keeps an entry without a value for
every frozen parameter, and T5X's own orbax checkpoints then fail to restore
("Metadata at state.param_states... does not exist").
"""

import importlib
from collections.abc import Collection
from typing import Any

from flax.core import frozen_dict

from pali_tf.models.functional import flatten, unflatten

_optimizers = importlib.import_module("t5x.optimizers")


class TrainablePart(_optimizers.OptimizerDef):
    """Applies a T5X optimizer to some of the parameters.

    Args:
        optimizer: t5x.optimizers.OptimizerDef.
        trainable: the paths of those parameters.

    Source: google-research/t5x, t5x/optimizers.py (OptimizerDef).
    """

    def __init__(self, optimizer: Any, trainable: Collection[str]):
        super().__init__(optimizer.hyper_params)
        self._optimizer = optimizer
        self._trainable = frozenset(trainable)

    def _part(self, tree: Any) -> Any:
        flat = flatten(frozen_dict.unfreeze(tree))
        part = unflatten({p: flat[p] for p in flat if p in self._trainable})
        return like(tree, part)

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
        return like(params, unflatten(flat)), state

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


def like(tree: Any, nested: dict[str, Any]) -> Any:
    """Freezes a nested dict if `tree` is one of Flax's frozen ones."""
    is_frozen = isinstance(tree, frozen_dict.FrozenDict)
    return frozen_dict.freeze(nested) if is_frozen else nested
