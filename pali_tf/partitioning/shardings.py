"""Where every array of a run lives: parameters, optimizer slots, batches."""

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AbstractMesh, Mesh, NamedSharding, PartitionSpec

from pali_tf.errors import UserError
from pali_tf.layers.activation_sharding import activation_sharding_scope
from pali_tf.layers.dense import joined_rows_scope
from pali_tf.partitioning import axis_rules
from pali_tf.partitioning.axis_rules import BATCH_AXES
from pali_tf.partitioning.mesh import make_mesh
from pali_tf.types import LogicalAxes


def num_shards(
    mesh: Mesh | AbstractMesh, mesh_axes: axis_rules.MeshAxes
) -> int:
    """Gives into how many parts mesh axes split a dimension."""
    names = axis_rules.mesh_axis_names(mesh_axes)
    return math.prod(mesh.shape[name] for name in names)


def parameter_sharding(
    path: str,
    shape: Sequence[int],
    logical_axes: LogicalAxes,
    *,
    rules: axis_rules.LogicalAxisRules,
    mesh: Mesh,
) -> NamedSharding:
    """Gives the sharding of one parameter.

    `path` is for the messages.

    Raises:
        UserError: a dimension does not divide by its mesh axis.
    """
    spec = axis_rules.partition_spec(logical_axes, rules)
    for size, name, axes in zip(shape, logical_axes, spec, strict=True):
        count = num_shards(mesh, axes)
        if size % count:
            raise UserError(
                f"{path}: axis {name!r} of size {size} does not divide by the "
                f"{count} devices of mesh axes {axes!r}; the nearest that do "
                f"are {_nearest_divisors(size, count)}. Change num_partitions "
                "or num_fsdp_partitions, or map the axis to None."
            )
    return NamedSharding(mesh, spec)


def _nearest_divisors(size: int, count: int) -> str:
    """Example: 12 and 5 give "4 and 6"."""
    below = max(n for n in range(1, count) if size % n == 0)
    above = [n for n in range(count + 1, size + 1) if size % n == 0][:1]
    return " and ".join(map(str, [below, *above]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class PjitPartitioner:
    """How a run is laid out over its devices; T5X's names and fields.

    Attributes:
        num_partitions: size of the model axis of the mesh.
        model_parallel_submesh: TPU tile of one model copy; takes the place
            of `num_partitions`.
        num_fsdp_partitions: size of the fsdp axis: so many groups of
            `num_partitions` devices share one copy of the parameters, and each
            takes its own examples. T5X has no such axis; there,
            parameter_partitioning_dims = 2 shards over the data axis.
        logical_axis_rules: (logical axis, mesh axes) rows; None means the
            standard table.

    Source: google-research/t5x, t5x/partitioning.py (PjitPartitioner).
    """

    num_partitions: int | None = 1
    model_parallel_submesh: Sequence[int] | None = None
    num_fsdp_partitions: int = 1
    logical_axis_rules: axis_rules.LogicalAxisRules | None = None

    def mesh(self, devices: Sequence[Any] | None = None) -> Mesh:
        """Gives the (data, fsdp, model) mesh."""
        return make_mesh(
            num_partitions=self.num_partitions,
            model_parallel_submesh=self.model_parallel_submesh,
            num_fsdp_partitions=self.num_fsdp_partitions,
            devices=devices,
        )

    def rules(self) -> axis_rules.LogicalAxisRules:
        """Gives the axis rules."""
        if self.logical_axis_rules is None:
            return axis_rules.standard_logical_axis_rules()
        return self.logical_axis_rules

    def on_mesh(
        self, fn: Callable[..., Any], mesh: Mesh | None = None
    ) -> Callable[..., Any]:
        """Gives `fn` as the layers compute it on a mesh.

        It is called within the scopes of the layers: `constrain` on several
        devices, `Dense` on CPUs.
        """
        mesh, rules = mesh or self.mesh(), self.rules()

        def constrain(x: jax.Array, axes: LogicalAxes) -> jax.Array:
            spec = activation_spec(x.shape, axes, rules, mesh)
            return jax.lax.with_sharding_constraint(
                x, NamedSharding(mesh, spec)
            )

        @functools.wraps(fn)
        def traced(*args: Any, **kwargs: Any) -> Any:
            with contextlib.ExitStack() as scopes:
                if mesh.size > 1:
                    scopes.enter_context(activation_sharding_scope(constrain))
                if mesh.devices.flat[0].platform == "cpu":
                    scopes.enter_context(joined_rows_scope())
                return fn(*args, **kwargs)

        return traced

    def parameter_shardings(
        self, mesh: Mesh, specs: Mapping[str, Any]
    ) -> dict[str, NamedSharding]:
        """Gives the sharding of each parameter, by path."""
        rules = self.rules()
        return {
            path: parameter_sharding(
                path, spec.shape, spec.logical_axes, rules=rules, mesh=mesh
            )
            for path, spec in specs.items()
        }


def activation_spec(
    shape: Sequence[int],
    logical_axes: LogicalAxes,
    rules: axis_rules.LogicalAxisRules,
    mesh: Mesh | AbstractMesh,
) -> PartitionSpec:
    """Gives the PartitionSpec of an activation.

    A dimension that does not divide over its devices (the heads of a small
    model, say) stays whole.
    """
    spec = axis_rules.partition_spec(logical_axes, rules)
    return PartitionSpec(
        *(
            None if size % num_shards(mesh, axes) else axes
            for size, axes in zip(shape, spec, strict=True)
        )
    )


def batch_sharding(mesh: Mesh) -> NamedSharding:
    """Gives the sharding of a batch feature: rows over data and fsdp."""
    return NamedSharding(mesh, PartitionSpec(BATCH_AXES))


def replicated(mesh: Mesh) -> NamedSharding:
    """Gives the sharding of an array that every device holds whole."""
    return NamedSharding(mesh, PartitionSpec())


def place_whole(tree: Any, sharding: NamedSharding) -> Any:
    """Places arrays that each process has whole, the same in all of them.

    Other processes' devices may be part of the sharding.
    """
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)
    tree = jax.tree.map(np.asarray, tree)
    shapes = jax.tree.map(np.shape, tree)
    return jax.make_array_from_process_local_data(sharding, tree, shapes)


def num_batch_shards(mesh: Mesh) -> int:
    """Gives into how many parts the rows of a batch are split."""
    return num_shards(mesh, BATCH_AXES)


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Raises UserError if the rows of a batch do not divide over devices."""
    count = num_batch_shards(mesh)
    if batch_size % count:
        below = batch_size - batch_size % count
        raise UserError(
            f"BATCH_SIZE {batch_size} does not divide over the {count} "
            "devices of the data and fsdp axes; the nearest are "
            f"{below} and {below + count}."
        )


def slot_sharding(
    parameter_shape: Sequence[int],
    parameter: NamedSharding,
    slot: jax.ShapeDtypeStruct,
) -> NamedSharding:
    """Gives the sharding of an optimizer slot of a parameter.

    A slot of the parameter's shape lives where the parameter lives. A
    factored row or column lacks one dimension of the parameter: it keeps the
    places of those that are left. Anything else is replicated.

    Example: parameter [8, 6] at ("data", "model") and a slot [6] gives
        ("model",).
    """
    shape = tuple(parameter_shape)
    spec = tuple(parameter.spec) + (None,) * (len(shape) - len(parameter.spec))
    if slot.shape == shape:
        return parameter
    lacking = [
        i
        for i in range(len(shape))
        if shape[:i] + shape[i + 1 :] == tuple(slot.shape)
    ]
    # A square matrix lacks either: the places cannot be told from the shape.
    if len(lacking) != 1:
        return NamedSharding(parameter.mesh, PartitionSpec())
    kept = spec[: lacking[0]] + spec[lacking[0] + 1 :]
    return NamedSharding(parameter.mesh, PartitionSpec(*kept))
