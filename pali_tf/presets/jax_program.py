"""Functions of a Keras model, compiled by JAX."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np


class JaxProgram:
    """Runs functions of a model, compiled once for each shape.

    Args:
        model: built; its variables may take new values, but not new shapes.
    """

    def __init__(self, model: keras.Model):
        variables = model.variables

        @functools.partial(jax.jit, static_argnames=("fn", "static"))
        def run(values: Any, arrays: Any, *, fn: Any, static: Any) -> Any:
            mapping = list(zip(variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return fn(model, *arrays, **dict(static))

        self._variables = variables
        self._run = run

    def __call__(
        self, fn: Callable[..., Any], *arrays: np.ndarray, **static: Any
    ) -> Any:
        """Gives fn(model, *arrays, **static), as NumPy arrays."""
        values = [variable.value for variable in self._variables]
        outputs = self._run(
            values, arrays, fn=fn, static=tuple(sorted(static.items()))
        )
        return jax.device_get(outputs)
