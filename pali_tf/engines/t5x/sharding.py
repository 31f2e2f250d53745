"""Where activations live on T5X's mesh, by T5X's rules."""

import contextlib
import importlib
from collections.abc import Iterator

import jax
from jax.sharding import NamedSharding

from pali_tf.layers.activation_sharding import activation_sharding_scope
from pali_tf.partitioning.shardings import activation_spec
from pali_tf.types import LogicalAxes

_partitioning = importlib.import_module("t5x.partitioning")


@contextlib.contextmanager
def sharding_scope() -> Iterator[None]:
    """Lays activations out on the mesh that T5X has entered, if any.

    T5X enters its mesh and its rules around every function it compiles.
    """
    mesh = _partitioning.pxla.thread_resources.env.physical_mesh
    if mesh.size <= 1:
        yield
        return
    rules = _partitioning.flax_partitioning.get_axis_rules()

    def constrain(x: jax.Array, axes: LogicalAxes) -> jax.Array:
        spec = activation_spec(x.shape, axes, rules, mesh)
        return jax.lax.with_sharding_constraint(x, NamedSharding(mesh, spec))

    with activation_sharding_scope(constrain):
        yield
