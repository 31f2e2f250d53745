"""TensorFlow as a reader of data on the host, beside JAX on the devices."""

import os

import jax


def keep_off_accelerators() -> None:
    """Hides the accelerators from TensorFlow; call it before its first use.

    Otherwise it takes their whole memory at its first operation. On a host
    without any, it does not look for them, which it would do noisily.
    """
    if jax.default_backend() == "cpu":
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
        return
    import tensorflow as tf

    for kind in ("GPU", "TPU"):
        tf.config.set_visible_devices([], kind)
