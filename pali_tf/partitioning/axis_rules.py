"""From logical axes to mesh axes: one table, read from the top.

Source: the standard table is google-research/t5x, t5x/partitioning.py
(standard_logical_axis_rules), with rows for the vision tower's own names and
for the mesh axis "fsdp", which T5X has not.
"""

from collections.abc import Sequence
from typing import TypeAlias

from jax.sharding import PartitionSpec

from pali_tf.errors import UserError
from pali_tf.types import LogicalAxes

# One mesh axis, several that together shard one dimension, or None: replicated.
MeshAxes: TypeAlias = str | tuple[str, ...] | None
# (logical axis, mesh axes); earlier rows win.
LogicalAxisRules: TypeAlias = Sequence[tuple[str, MeshAxes]]

# Examples are spread over both; parameters over one or both.
BATCH_AXES = ("data", "fsdp")
# What "embed" of a parameter maps to, by (activation, parameter) dims.
_EMBED_ROWS: dict[tuple[int, int], tuple[tuple[str, MeshAxes], ...]] = {
    (1, 1): (("embed", "fsdp"),),
    (2, 1): (("embed", "model"), ("embed", "fsdp")),
    (1, 2): (("embed", BATCH_AXES),),
    (2, 2): (("embed", "model"), ("embed", BATCH_AXES)),
}
_REPLICATED = (
    "relpos_buckets",
    "abspos_buckets",
    "length",
    "layers",
    "stack",
    "mlp_activations",
    "patch",
    "vision_embed",
    "classes",
    "lora_rank",
)


def standard_logical_axis_rules(
    activation_partitioning_dims: int = 1,
    parameter_partitioning_dims: int = 1,
    additional_rules: LogicalAxisRules | None = None,
) -> LogicalAxisRules:
    """Gives T5X's standard table.

    Args:
        activation_partitioning_dims: 1, or 2 to shard "embed" over the model
            axis as well.
        parameter_partitioning_dims: 1: "embed" of a parameter is sharded over
            the fsdp axis, whose size is 1 unless it is asked for; 2: over the
            data axis as well (fully sharded parameters).
        additional_rules: rows put after the standard ones.

    Raises:
        UserError: the dims are not 1 or 2.
    """
    dims = (activation_partitioning_dims, parameter_partitioning_dims)
    if dims not in _EMBED_ROWS:
        raise UserError(
            f"activation_partitioning_dims={dims[0]} and "
            f"parameter_partitioning_dims={dims[1]}: each must be 1 or 2."
        )
    rules: list[tuple[str, MeshAxes]] = [
        ("batch", BATCH_AXES),
        ("vocab", "model"),
        ("mlp", "model"),
        ("heads", "model"),
        ("kv", None),
        ("joined_kv", "model"),
        *_EMBED_ROWS[dims],
        *((name, None) for name in _REPLICATED),
        *(additional_rules or ()),
    ]
    return tuple(rules)


def mesh_axis_names(axes: MeshAxes) -> tuple[str, ...]:
    """Gives the mesh axes of one dimension as a tuple, which may be empty."""
    if axes is None:
        return ()
    return (axes,) if isinstance(axes, str) else tuple(axes)


def partition_spec(
    logical_axes: LogicalAxes, rules: LogicalAxisRules
) -> PartitionSpec:
    """Maps the logical axes of one array to its PartitionSpec.

    A mesh axis shards at most one dimension of an array: a row whose mesh
    axis is taken is passed over, so that a later row may serve.

    Raises:
        UserError: a name that no row mentions.

    Example: ("vocab", "embed") under the (1, 2) table gives
        PartitionSpec("model", ("data", "fsdp")).
    """
    known = {name for name, _ in rules}
    unknown = sorted({a for a in logical_axes if a is not None} - known)
    if unknown:
        raise UserError(
            f"No axis rule for logical axes {unknown}; rules exist for "
            f"{sorted(known)}. Add a row through additional_rules."
        )
    places: list[MeshAxes] = [None] * len(logical_axes)
    decided = [axis is None for axis in logical_axes]
    taken: set[str] = set()
    for name, mesh_axes in rules:
        names = mesh_axis_names(mesh_axes)
        for i, axis in enumerate(logical_axes):
            if axis == name and not decided[i] and taken.isdisjoint(names):
                places[i] = mesh_axes
                decided[i] = True
                taken.update(names)
    return PartitionSpec(*places)
