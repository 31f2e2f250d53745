"""Keeping AutoGraph from the input pipeline's own functions."""

import tensorflow as tf

# For a function that builds data sets: what it maps is TensorFlow already,
# control flow too. To rewrite that Python took half the time to the first
# batch.
without_autograph = tf.autograph.experimental.do_not_convert
