"""Initializers whose randomness comes from the caller.

Keras draws the seed of an initializer from global state. Here `init(rng)` must
be a pure function of its key, so these initializers take the next key of the
`random_key_scope` they run in; outside of one they behave as Keras' own. In a
`no_draws_scope` they give zeros: a model whose values are about to be read
from a file need not draw them first.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator

import keras
from jaxtyping import Float, Key
from keras import ops

from pali_tf.types import Array

NextKey = Callable[[], Key[Array, ""]]

_next_key: contextvars.ContextVar[NextKey | None] = contextvars.ContextVar(
    "next_key", default=None
)
_is_drawing: contextvars.ContextVar[bool] = contextvars.ContextVar(
    "is_drawing", default=True
)


@contextlib.contextmanager
def random_key_scope(next_key: NextKey) -> Iterator[None]:
    """Makes the initializers below draw their seeds from `next_key`."""
    token = _next_key.set(next_key)
    try:
        yield
    finally:
        _next_key.reset(token)


@contextlib.contextmanager
def no_draws_scope() -> Iterator[None]:
    """Makes the initializers below give zeros."""
    token = _is_drawing.set(False)
    try:
        yield
    finally:
        _is_drawing.reset(token)


class _Keyed(keras.initializers.Initializer):
    """Takes its seed from the scope for the time of one call."""

    seed: object

    def __call__(
        self, shape: tuple[int, ...], dtype: str | None = None
    ) -> Float[Array, "..."]:
        if not _is_drawing.get():
            return ops.zeros(shape, dtype=dtype)
        next_key = _next_key.get()
        if next_key is None:
            return super().__call__(shape, dtype=dtype)
        own_seed, self.seed = self.seed, next_key()
        try:
            return super().__call__(shape, dtype=dtype)
        finally:
            self.seed = own_seed


@keras.saving.register_keras_serializable("pali_tf")
class RandomNormal(_Keyed, keras.initializers.RandomNormal):
    """Keras' RandomNormal, keyed by `random_key_scope`."""


@keras.saving.register_keras_serializable("pali_tf")
class VarianceScaling(_Keyed, keras.initializers.VarianceScaling):
    """Keras' VarianceScaling, keyed by `random_key_scope`."""
