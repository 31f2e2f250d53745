"""TensorFlow as a reader of data on the host, beside JAX on the devices."""

import tensorflow as tf
from absl import logging


def set_up() -> None:
    """Prepares TensorFlow to read data; call it before its first use.

    The accelerators are hidden from it: it would take their whole memory at its
    first operation. And an operation has one thread: examples are read side by
    side already, and threads that wait for a share of an image's rows cost a
    quarter of the time to decode and resize it.
    """
    for kind in ("GPU", "TPU"):
        tf.config.set_visible_devices([], kind)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        logging.info(
            "TensorFlow has worked in this process: its operations keep their "
            "threads, and images are decoded more slowly."
        )
