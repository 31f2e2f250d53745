"""Functions of a Keras model as TensorFlow graphs."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class TensorFlowProgram:
    """Runs functions of a model, traced once for each shape.

    Args:
        model: built; its variables may take new values, but not new shapes.
    """

    def __init__(self, model: keras.Model):
        self._model = model
        self._graphs: dict[Any, Any] = {}

    def __call__(
        self, fn: Callable[..., Any], *arrays: np.ndarray, **static: Any
    ) -> Any:
        """Gives fn(model, *arrays, **static), as NumPy arrays."""
        key = (fn, *sorted(static.items()))
        if key not in self._graphs:
            self._graphs[key] = tf.function(
                lambda *tensors: fn(self._model, *tensors, **static),
                autograph=False,
            )
        outputs = self._graphs[key](*map(tf.constant, arrays))
        return tf.nest.map_structure(lambda x: x.numpy(), outputs)
