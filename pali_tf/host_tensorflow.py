"""TensorFlow as a reader of data on the host, beside JAX on the devices."""

import tensorflow as tf


def keep_off_accelerators() -> None:
    """Hides the accelerators from TensorFlow; call it before its first use.

    Otherwise it takes their whole memory at its first operation.
    """
    for kind in ("GPU", "TPU"):
        tf.config.set_visible_devices([], kind)
