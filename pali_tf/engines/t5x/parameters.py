"""Parameters alone, read by our own code, for T5X's eval.py and infer.py.

T5X restores whole states of its own layout. A run file means the same on both
engines: the parameters of a checkpoint of either, in any layout.
"""

import functools
import importlib
from typing import Any

import jax.numpy as jnp
from flax.core import frozen_dict
from jax.sharding import NamedSharding, PartitionSpec

from pali_tf import files
from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.models.functional import flatten, unflatten
from pali_tf.run import identity
from pali_tf.training import configs

_utils = importlib.import_module("t5x.utils")


class RestoreCheckpointConfig(_utils.RestoreCheckpointConfig):
    """T5X's config, by the native engine's fields.

    Args:
        vocabulary: which an evaluated checkpoint's must be; None: any.
        **fields: of the native engine's.

    Attributes:
        native: the native engine's config.

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
    """T5X's checkpoint manager where there is no optimizer.

    Args:
        selection: which parameters are read; all must be.
        vocabulary: which the checkpoint's must be; None: any.
        train_state: T5X's, of shapes.
        partitioner: T5X's.
        **given: what else T5X gives.
    """

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
        self._places = places_of(axes, partitioner)

    def restore(self, *, path: str, **given: Any) -> Any:
        """Gives the state with the parameters of a checkpoint.

        Args:
            path: a `checkpoint_<step>` directory.
            **given: what else T5X gives.
        """
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


def places_of(axes: Any, partitioner: Any) -> dict[str, NamedSharding]:
    """Gives where each parameter lives, by its path.

    Args:
        axes: T5X's train state of mesh axes.
        partitioner: T5X's.
    """
    return {
        path: NamedSharding(partitioner.mesh, spec or PartitionSpec())
        for path, spec in flatten(frozen_dict.unfreeze(axes.params)).items()
    }
