"""The table from logical to mesh axes."""

import pytest
from jax.sharding import PartitionSpec

from pali_tf.partitioning import axis_rules
from pali_tf.partitioning.axis_rules import BATCH_AXES
from pali_tf.partitioning.logical_axes import _RULES


@pytest.mark.parametrize(
    ("dims", "axes", "expected"),
    [
        ((1, 1), ("vocab", "embed"), ("model", "fsdp")),
        ((1, 1), ("embed", "joined_kv"), ("fsdp", "model")),
        ((1, 1), ("vision_embed", "embed"), (None, "fsdp")),
        # The batch has both, so none is left for embed of an activation.
        ((1, 1), ("batch", "length", "embed"), (BATCH_AXES, None, None)),
        ((1, 2), ("vocab", "embed"), ("model", BATCH_AXES)),
        ((1, 2), ("embed",), (BATCH_AXES,)),
        ((2, 1), ("embed",), ("model",)),
        # The model axis is taken by mlp, so the later row serves embed.
        ((2, 1), ("embed", "mlp"), ("fsdp", "model")),
        ((2, 2), ("embed", "mlp"), (BATCH_AXES, "model")),
        ((2, 2), ("batch", "length", "embed"), (BATCH_AXES, None, "model")),
        ((1, 1), (None, "embed"), (None, "fsdp")),
    ],
)
def test_specs(dims, axes, expected):
    rules = axis_rules.standard_logical_axis_rules(*dims)
    assert axis_rules.partition_spec(axes, rules) == PartitionSpec(*expected)


def test_one_mesh_axis_shards_one_dimension():
    rules = (("mlp", "model"), ("heads", "model"), ("heads", None))
    spec = axis_rules.partition_spec(("heads", "mlp"), rules)
    assert spec == PartitionSpec(None, "model")


@pytest.mark.parametrize("dims", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_every_name_of_a_parameter_has_a_row(dims):
    rules = axis_rules.standard_logical_axis_rules(*dims)
    for _, axes in _RULES:
        assert len(axis_rules.partition_spec(axes, rules)) <= len(axes)


@pytest.mark.parametrize(
    ("axes", "names"),
    [(None, ()), ("model", ("model",)), (BATCH_AXES, ("data", "fsdp"))],
)
def test_the_mesh_axes_of_a_dimension(axes, names):
    assert axis_rules.mesh_axis_names(axes) == names


def test_a_part_of_taken_mesh_axes_is_taken():
    rules = (("batch", BATCH_AXES), ("embed", "fsdp"), ("embed", None))
    spec = axis_rules.partition_spec(("batch", "embed"), rules)
    assert spec == PartitionSpec(BATCH_AXES, None)


def test_a_name_without_a_row_is_an_error():
    with pytest.raises(ValueError, match="'experts'.*additional_rules"):
        axis_rules.partition_spec(
            ("experts",), axis_rules.standard_logical_axis_rules()
        )


def test_additional_rules_come_last():
    rules = axis_rules.standard_logical_axis_rules(
        additional_rules=[("experts", "data")]
    )
    assert rules[-1] == ("experts", "data")


def test_dims_are_one_or_two():
    with pytest.raises(ValueError, match="must be 1 or 2"):
        axis_rules.standard_logical_axis_rules(3, 1)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
