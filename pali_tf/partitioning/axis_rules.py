"""From logical axes to mesh axes: one table, read from the top.

Source: the standard table is google-research/t5x, t5x/partitioning.py
(standard_logical_axis_rules), with rows for the vision tower's own names.
"""

from collections.abc import Sequence
from typing import TypeAlias

from jax.sharding import PartitionSpec

from pali_tf.types import LogicalAxes

# (logical axis, mesh axis or None for replicated); earlier rows win.
LogicalAxisRules: TypeAlias = Sequence[tuple[str, str | None]]

# What "embed" of a parameter maps to, by (activation, parameter) dims.
_EMBED_ROWS: dict[tuple[int, int], tuple[tuple[str, str | None], ...]] = {
    (1, 1): (("embed", None),),
    (2, 1): (("embed", "model"),),
    (1, 2): (("embed", "data"),),
    (2, 2): (("embed", "model"), ("embed", "data")),
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
        parameter_partitioning_dims: 1, or 2 to shard "embed" over the data
            axis as well (fully sharded parameters).
        additional_rules: rows put after the standard ones.

    Returns:
        (logical axis, mesh axis) rows; earlier rows win.

    Raises:
        ValueError: the dims are not 1 or 2.
    """
    dims = (activation_partitioning_dims, parameter_partitioning_dims)
    if dims not in _EMBED_ROWS:
        raise ValueError(
            f"activation_partitioning_dims={dims[0]} and "
            f"parameter_partitioning_dims={dims[1]}: each must be 1 or 2."
        )
    rules: list[tuple[str, str | None]] = [
        ("batch", "data"),
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


def partition_spec(
    logical_axes: LogicalAxes, rules: LogicalAxisRules
) -> PartitionSpec:
    """Maps the logical axes of one array to its PartitionSpec.

    A mesh axis shards at most one dimension of an array: a row whose mesh
    axis is taken is passed over, so that a later row may serve.

    Args:
        logical_axes: one name, or None (never sharded), for each dimension.
        rules: (logical axis, mesh axis) rows; earlier rows win.

    Returns:
        PartitionSpec with one entry for each dimension.

    Raises:
        ValueError: a name that no row mentions.

    Example: ("vocab", "embed") under the (1, 2) table gives
        PartitionSpec("model", "data").
    """
    known = {name for name, _ in rules}
    unknown = sorted({a for a in logical_axes if a is not None} - known)
    if unknown:
        raise ValueError(
            f"No axis rule for logical axes {unknown}; rules exist for "
            f"{sorted(known)}. Add a row through additional_rules."
        )
    mesh_axes: list[str | None] = [None] * len(logical_axes)
    decided = [axis is None for axis in logical_axes]
    for name, mesh_axis in rules:
        for i, axis in enumerate(logical_axes):
            is_taken = mesh_axis is not None and mesh_axis in mesh_axes
            if axis == name and not decided[i] and not is_taken:
                mesh_axes[i] = mesh_axis
                decided[i] = True
    return PartitionSpec(*mesh_axes)
