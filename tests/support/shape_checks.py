"""Holds calls in the model's packages to the shapes of their signatures."""

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
            # Keras asks what a layer's __init__ takes, and sees no wrapped one.
            if getattr(fn, "__name__", None) == "__init__":
                return fn
            return jaxtyped(fn, typechecker=typechecker)

        return decorate

    # By this name the import hook's decorators call it.
    jaxtyping.jaxtyped = decorator
    jaxtyping.install_import_hook(
        [f"pali_tf.{name}" for name in PACKAGES], "beartype.beartype"
    )
