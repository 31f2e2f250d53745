"""Initial values under T5X: parameters alone, read by our own code.

T5X restores whole states of its own layout. INITIAL_CHECKPOINT_PATH means the
same on both engines: parameters of one checkpoint or of several, each holding
a part of the tree, for a run that starts at step 0.
"""

import importlib
from typing import Any

import jax
from absl import logging
from flax.core import frozen_dict

from pali_tf.checkpoints import initial_parameters
from pali_tf.engines.t5x.parameters import (
    RestoreCheckpointConfig,
    places_of,
)
from pali_tf.models.functional import flatten, unflatten
from pali_tf.run import starting_state
from pali_tf.training import freezing

_utils = importlib.import_module("t5x.utils")


class TrainStateInitializer(_utils.TrainStateInitializer):
    """T5X's initializer; what it draws is replaced from checkpoints.

    Args:
        restore: which checkpoints, and what of them.
        init_fn: T5X's: the model's `get_initial_variables`.
        **given: what else T5X gives.
    """

    def __init__(
        self,
        *,
        restore: RestoreCheckpointConfig,
        init_fn: Any,
        **given: Any,
    ):
        self._restore = restore.native
        self._model = init_fn.__self__
        super().__init__(init_fn=init_fn, **given)

    def from_scratch(self, init_rng: Any) -> Any:
        """Draws the state of step 0 and puts checkpoints' parameters in."""
        specs = self._model.model.functional.specs
        # Before anything is drawn, so that a mistake is told at once.
        origins = starting_state.find_origins(self._model.model, self._restore)
        table = freezing.table(specs, self._model.split, origins)
        logging.info("What trains:\n%s", table)
        state = super().from_scratch(init_rng)
        if not origins:
            return state
        places = places_of(self.train_state_axes, self._partitioner)
        params = flatten(frozen_dict.unfreeze(state.params))
        for path in dict.fromkeys(origins.values()):
            loaded = initial_parameters.load_fitted(
                path, specs, places, self._restore.selection()
            )
            for name, value in loaded.items():
                if origins[name] == path:
                    params[name] = jax.device_put(
                        value.astype(params[name].dtype), places[name]
                    )
        return state.replace_params(frozen_dict.freeze(unflatten(params)))
