"""A Keras model as pure functions of its parameters, for JAX engines."""

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np
from jaxtyping import Float, Key, Shaped, UInt32

from pali_tf.layers.initializers import random_key_scope
from pali_tf.models.parameter_path import is_seed_state, parameters_by_path
from pali_tf.partitioning.logical_axes import logical_axes
from pali_tf.types import Array, Batch, LogicalAxes, Params


@dataclasses.dataclass(frozen=True)
class VariableSpec:
    """Shape, type and logical axes of one parameter."""

    shape: tuple[int, ...]
    dtype: str
    logical_axes: LogicalAxes


class FunctionalModel:
    """Gives `init` and `apply` of a Keras model that holds no values.

    The model is built inside `jax.eval_shape`: 17 billion parameters cost no
    memory. Parameters are a nested dict whose paths are the Keras variable
    paths below the model's root.

    Args:
        build: makes and builds the Keras model; called again by each `init`.

    Raises:
        ValueError: a parameter without a rule for its logical axes, or a
            backend other than JAX.
    """

    def __init__(self, build: Callable[[], keras.Model]):
        if keras.backend.backend() != "jax":
            raise ValueError(
                f"Keras runs on {keras.backend.backend()!r}; a FunctionalModel "
                "needs KERAS_BACKEND=jax before keras is first imported."
            )
        self._build = build
        built: list[keras.Model] = []

        def values() -> list[Shaped[Array, "..."]]:
            built.append(build())
            return [v.value for v in built[0].variables]

        jax.eval_shape(values)
        self.model = built[0]
        seeds = [v for v in self.model.variables if is_seed_state(v)]
        self._seeds = seeds
        self._parameters = parameters_by_path(self.model)
        self.specs: dict[str, VariableSpec] = {
            path: VariableSpec(
                tuple(v.shape), v.dtype, logical_axes(path, len(v.shape))
            )
            for path, v in self._parameters.items()
        }

    def init(self, rng: Key[Array, ""]) -> Params:
        """Draws initial parameters; a pure function of `rng`."""
        counter = itertools.count()

        def next_key() -> Key[Array, ""]:
            return jax.random.fold_in(rng, next(counter))

        with random_key_scope(next_key):
            fresh = self._build()
        return unflatten(
            {p: v.value for p, v in parameters_by_path(fresh).items()}
        )

    def apply(
        self,
        params: Params,
        batch: Batch | Shaped[Array, "B H W 3"],
        *,
        rng: Key[Array, ""] | None = None,
        training: bool = False,
    ) -> Float[Array, "B _ _"]:
        """Calls the model on a batch.

        `rng` is dropout's; what comes out are logits, or visual tokens.
        """
        return self.call(
            lambda model: model(batch, training=training), params, rng=rng
        )

    def call(
        self,
        fn: Callable[..., Any],
        params: Params,
        *args: Any,
        rng: Key[Array, ""] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Runs `fn(model, *args, **kwargs)` under the given parameters.

        `rng` is dropout's: without it, dropout is an error.

        Raises:
            ValueError: parameters are missing, or there are more than the
                model has; the message names them.
        """
        flat = flatten(params)
        if flat.keys() != self._parameters.keys():
            missing = sorted(self._parameters.keys() - flat.keys())
            extra = sorted(flat.keys() - self._parameters.keys())
            raise ValueError(
                f"Parameters do not fit the model: missing {missing[:5]}, "
                f"not known {extra[:5]}."
            )
        mapping = [(v, flat[path]) for path, v in self._parameters.items()]
        mapping += self._seed_values(rng)
        with keras.StatelessScope(state_mapping=mapping):
            return fn(self.model, *args, **kwargs)

    def _seed_values(
        self, rng: Key[Array, ""] | None
    ) -> list[tuple[Any, UInt32[Array, " 2"]]]:
        if rng is None:
            return []
        return [
            (seed, jax.random.key_data(jax.random.fold_in(rng, i)))
            for i, seed in enumerate(self._seeds)
        ]

    @functools.cached_property
    def num_parameters(self) -> int:
        """How many numbers the parameters hold."""
        return sum(
            int(np.prod(spec.shape, dtype=np.int64))
            for spec in self.specs.values()
        )


def flatten(tree: Params) -> dict[str, Any]:
    """{"a": {"b": x}} -> {"a/b": x}."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            for path, leaf in flatten(value).items():
                flat[f"{key}/{path}"] = leaf
        else:
            flat[key] = value
    return flat


def unflatten(flat: dict[str, Any]) -> dict[str, Any]:
    """{"a/b": x} -> {"a": {"b": x}}."""
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, name = path.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return tree
