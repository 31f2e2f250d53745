"""A trained model in one folder, and three lines from there to an answer.

Taking `PaliModel` from here chooses Keras' JAX backend, unless KERAS_BACKEND is
set or Keras is imported already: then that choice holds.
"""

from typing import TYPE_CHECKING, Any

from pali_tf.backend import set_backend_if_unset
from pali_tf.decoding.config import DecodingConfig

if TYPE_CHECKING:
    from pali_tf.presets.model import PaliModel

__all__ = ["DecodingConfig", "PaliModel"]


def __getattr__(name: str) -> Any:
    """Imports what needs Keras once it is asked for."""
    if name != "PaliModel":
        raise AttributeError(f"{__name__} has no {name!r}.")
    set_backend_if_unset("jax")
    from pali_tf.presets.model import PaliModel

    return PaliModel
