"""Where parameters, slots and batches live."""

import types

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

from pali_tf.models.functional import VariableSpec
from pali_tf.partitioning import shardings

MESH = AbstractMesh((4, 2), ("data", "model"))
RULES = (("embed", "data"), ("mlp", "model"), ("kv", None))


def place(shape, axes):
    sharding = shardings.parameter_sharding(
        "a/kernel", shape, axes, rules=RULES, mesh=MESH
    )
    return sharding.spec


def test_a_parameter_follows_its_axes():
    assert place((8, 6), ("embed", "mlp")) == PartitionSpec("data", "model")
    assert place((8, 5), ("embed", "kv")) == PartitionSpec("data", None)


def test_a_dimension_must_divide():
    with pytest.raises(ValueError, match="a/kernel: axis 'mlp' of size 5"):
        place((8, 5), ("embed", "mlp"))


@pytest.mark.parametrize(
    ("size", "nearest"), [(5, "1 and 5"), (9, "1 and 3"), (1, "1")]
)
def test_the_nearest_numbers_of_devices_are_named(size, nearest):
    with pytest.raises(ValueError, match=rf"nearest that do are {nearest}\."):
        place((8, size), ("embed", "mlp"))


def test_partitioner_places_every_parameter():
    partitioner = shardings.PjitPartitioner()
    specs = {"x/scale": VariableSpec((4,), "float32", ("embed",))}
    places = partitioner.parameter_shardings(partitioner.mesh(), specs)
    assert places["x/scale"].spec == PartitionSpec("fsdp")


@pytest.mark.parametrize(
    ("slot_shape", "expected"),
    [
        ((8, 6), ("data", "model")),
        ((8,), ("data",)),
        ((6,), ("model",)),
        ((1,), ()),
        ((), ()),
    ],
)
def test_slots_live_with_their_parameter(slot_shape, expected):
    parameter = NamedSharding(MESH, PartitionSpec("data", "model"))
    slot = jax.ShapeDtypeStruct(slot_shape, jnp.float32)
    spec = shardings.slot_sharding((8, 6), parameter, slot).spec
    assert spec == PartitionSpec(*expected)


def test_factored_slots_of_a_square_matrix_are_replicated():
    parameter = NamedSharding(MESH, PartitionSpec("data", "model"))
    slot = jax.ShapeDtypeStruct((8,), jnp.float32)
    spec = shardings.slot_sharding((8, 8), parameter, slot).spec
    assert spec == PartitionSpec()


def test_one_dimension_over_two_mesh_axes():
    mesh = AbstractMesh((2, 4), ("data", "fsdp"))
    rules = (("embed", ("data", "fsdp")),)

    def spec(size):
        return shardings.parameter_sharding(
            "a/scale", (size,), ("embed",), rules=rules, mesh=mesh
        ).spec

    assert spec(16) == PartitionSpec(("data", "fsdp"))
    with pytest.raises(ValueError, match="size 12 does not divide by the 8"):
        spec(12)


def test_batches_divide_over_data_and_fsdp():
    mesh = types.SimpleNamespace(shape={"data": 2, "fsdp": 2})
    shardings.check_batch_size(8, mesh)
    with pytest.raises(ValueError, match="nearest are 8 and 12"):
        shardings.check_batch_size(10, mesh)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
