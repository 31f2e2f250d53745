"""The one place that chooses the Keras backend of this process.

Keras reads KERAS_BACKEND when it is first imported, and keras is imported by
TensorFlow, so an entry point calls `set_backend` before its other imports.
"""

import os
import sys
from typing import Literal

BackendName = Literal["jax", "tensorflow"]


def set_backend(name: BackendName) -> None:
    """Chooses the Keras backend; call it before keras is imported.

    Args:
        name: "jax" to train and evaluate, "tensorflow" to export.

    Raises:
        RuntimeError: keras is already imported with the other backend.
    """
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "backend"):
        active = keras.backend.backend()
        if active != name:
            raise RuntimeError(
                f"Keras already runs on {active!r} in this process and cannot "
                f"change to {name!r}: a process has one backend. Start a new "
                f"process with KERAS_BACKEND={name}."
            )
    os.environ["KERAS_BACKEND"] = name


def set_backend_if_unset(name: BackendName) -> None:
    """Chooses the Keras backend where nothing has chosen one yet.

    The environment's KERAS_BACKEND has been chosen, and so has the backend of
    a Keras that is imported.
    """
    if "KERAS_BACKEND" not in os.environ and "keras" not in sys.modules:
        set_backend(name)
