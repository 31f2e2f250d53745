"""The linear projection of every block."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import keras
from jaxtyping import Float
from keras import ops

from pali_tf.types import Array

_rows_are_joined: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "rows_are_joined", default=False
)


@contextlib.contextmanager
def joined_rows_scope() -> Iterator[None]:
    """Makes each Dense below one product of two matrices: [B*T, D] x [D, F].

    It is for XLA on a CPU. In three dimensions the gradient of a kernel sums
    over two axes of the inputs; there XLA copies them, transposed, and computes
    anew what it copies: at each block all gradients that came down to it, a
    third of a training step. TPUs take three dimensions as they are; joining
    their rows moves 1 to 4 % more bytes (the compiled steps of 17B and 3B).
    """
    token = _rows_are_joined.set(True)
    try:
        yield
    finally:
        _rows_are_joined.reset(token)


@keras.saving.register_keras_serializable("pali_tf")
class Dense(keras.layers.Dense):
    """Keras' Dense, which `joined_rows_scope` can turn to two dimensions.

    Args:
        As keras.layers.Dense.
    """

    def call(
        self, inputs: Float[Array, "*any D"], training: bool | None = None
    ) -> Float[Array, "*any F"]:
        """Projects the last axis."""
        if not _rows_are_joined.get():
            return super().call(inputs, training=training)
        *leading, width = ops.shape(inputs)
        rows = ops.reshape(inputs, (-1, width))
        outputs = super().call(rows, training=training)
        return ops.reshape(outputs, (*leading, self.units))

    def quantize(
        self, mode: str | None = None, type_check: bool = True, **kwargs: Any
    ) -> None:
        """Quantizes the kernel, as Keras' own Dense.

        Keras asks a subclass to say so, since its `call` may differ; this one
        computes the same.
        """
        super().quantize(mode, type_check=False, **kwargs)
