"""Where activations live on a mesh of devices.

Layers name the axes of what they compute; an engine that has a mesh opens a
scope that turns the names into constraints. Outside of one, and on TensorFlow,
`constrain` does nothing. Without constraints the compiler may replicate what
is largest: a step of PaLI-17B then asks for 154 GB a chip.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import TypeAlias

from jaxtyping import Shaped

from pali_tf.types import Array, LogicalAxes

Constrain: TypeAlias = Callable[[Array, LogicalAxes], Array]

_constrain: contextvars.ContextVar[Constrain | None] = contextvars.ContextVar(
    "constrain", default=None
)


@contextlib.contextmanager
def activation_sharding_scope(constrain: Constrain) -> Iterator[None]:
    """Makes the layers below put their activations where `constrain` says."""
    token = _constrain.set(constrain)
    try:
        yield
    finally:
        _constrain.reset(token)


def constrain(
    x: Shaped[Array, "*shape"], axes: LogicalAxes
) -> Shaped[Array, "*shape"]:
    """Puts an activation where the scope's rules say."""
    fn = _constrain.get()
    return x if fn is None else fn(x, axes)
