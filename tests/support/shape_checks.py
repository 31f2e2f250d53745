"""Holds calls in the model's packages to the shapes of their signatures."""

import inspect
from collections.abc import Callable
from typing import Any

import jaxtyping

# The packages whose signatures tell shapes.
PACKAGES = ("layers", "models", "decoding", "training")


def install() -> None:
    """Checks what these packages define, from their first import on."""
    jaxtyped = jaxtyping.jaxtyped

    def decorator(*, typechecker: Callable[..., Any]) -> Callable[[Any], Any]:
        def decorate(fn: Any) -> Any:
            # How objects are made is not checked: JAX puts into a tree's fields
            # what is no array, and Keras looks at the __init__ of its layers.
            is_making = inspect.isclass(fn) or fn.__name__ == "__init__"
            return fn if is_making else jaxtyped(fn, typechecker=typechecker)

        return decorate

    # By this name the import hook's decorators call it.
    jaxtyping.jaxtyped = decorator
    jaxtyping.install_import_hook(
        [f"pali_tf.{name}" for name in PACKAGES],
        # An int is a float, as type checkers have it.
        "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))",
    )
