"""The mathematics of training: a step of JAX and optax, and what it needs."""
