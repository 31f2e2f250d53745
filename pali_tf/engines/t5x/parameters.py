"""Parameters alone, read by our own code, of checkpoints of either engine.

T5X restores whole states of its own layout. A run file means the same on both
engines: eval.py and infer.py take the parameters of one checkpoint in any
layout, a run that starts at step 0 those of one or of several, each holding a
part of the tree.
"""

import functools
import importlib
from typing import Any

import jax
import jax.numpy as jnp
from absl import logging
from flax.core import frozen_dict
from jax.sharding import NamedSharding, PartitionSpec

from pali_tf import files
from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.models.functional import flatten, unflatten
from pali_tf.run import identity, starting_state
from pali_tf.training import configs, freezing

_utils = importlib.import_module("t5x.utils")


class RestoreCheckpointConfig(_utils.RestoreCheckpointConfig):
    """T5X's config, by the native engine's fields, of which `native` is made.

    An evaluated checkpoint must be of `vocabulary`, if that is given.

    Source: google-research/t5x, t5x/utils.py (RestoreCheckpointConfig).
    """

    mode = "specific"

    # T5X's would ask for a path, which is looked for when it is used.
    def __init__(self, vocabulary: Any = None, **fields: Any):
        self.native = configs.RestoreCheckpointConfig(**fields)
        self.checkpoint_manager_cls = functools.partial(
            ParameterReader, self.native.selection(), vocabulary
        )

    @functools.cached_property
    def path(self) -> str:
        """The one `checkpoint_<step>` directory."""
        fallback = self.native.fallback
        return str(checkpoint.find(self.native.one_path(), fallback=fallback))


class ParameterReader:
    """T5X's checkpoint manager where there is no optimizer."""

    def __init__(
        self,
        selection: configs.Selection,
        vocabulary: Any = None,
        *,
        train_state: Any,
        partitioner: Any,
        **given: Any,
    ):
        del given
        self._selection = selection
        self._vocabulary = vocabulary
        self._state = train_state
        axes = partitioner.get_mesh_axes(train_state)
        self._places = _places_of(axes, partitioner)

    def restore(self, *, path: str, **given: Any) -> Any:
        """Gives the state with the parameters of a `checkpoint_<step>`."""
        del given
        identity.check_vocabulary(files.as_path(path), self._vocabulary)
        specs = flatten(frozen_dict.unfreeze(self._state.params))
        flat, step = initial_parameters.load_all(
            path, specs, self._places, self._selection
        )
        params = {
            name: value.astype(specs[name].dtype)
            for name, value in flat.items()
        }
        return self._state.replace(
            step=jnp.asarray(step),
            params=frozen_dict.freeze(unflatten(params)),
        )


class TrainStateInitializer(_utils.TrainStateInitializer):
    """T5X's initializer; what it draws is replaced from checkpoints."""

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
        places = _places_of(self.train_state_axes, self._partitioner)
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


def _places_of(axes: Any, partitioner: Any) -> dict[str, NamedSharding]:
    """Gives where each parameter of a state of mesh axes lives, by its path."""
    return {
        path: NamedSharding(partitioner.mesh, spec or PartitionSpec())
        for path, spec in flatten(frozen_dict.unfreeze(axes.params)).items()
    }
