"""The native engine: JAX, optax and orbax, free of TensorFlow."""
