"""Meshes over devices that are only named, none of them real."""

import dataclasses
import sys

import numpy as np
import pytest

from pali_tf.partitioning import mesh


@dataclasses.dataclass(frozen=True)
class NamedDevice:
    id: int
    platform: str = "cpu"
    process_index: int = 0


@dataclasses.dataclass(frozen=True)
class Chip:
    """What JAX reads of a chip of a TPU v4 slice."""

    id: int
    coords: tuple[int, ...]
    platform: str = "tpu"
    device_kind: str = "TPU v4"
    core_on_chip: int = 0
    process_index: int = 0
    slice_index: int = 0


@dataclasses.dataclass(frozen=True)
class SliceDevice(NamedDevice):
    slice_index: int = 0


def devices(count):
    return [NamedDevice(i) for i in range(count)]


def shape(count, **sizes):
    return dict(mesh.make_mesh(devices=devices(count), **sizes).shape)


def test_num_partitions_is_the_model_axis():
    assert shape(8, num_partitions=2) == {"data": 4, "fsdp": 1, "model": 2}


def test_submesh_takes_the_place_of_num_partitions():
    sizes = {"num_partitions": 1, "model_parallel_submesh": (2, 2, 1, 1)}
    assert shape(8, **sizes) == {"data": 2, "fsdp": 1, "model": 4}


def test_the_devices_of_this_run():
    axes = mesh.make_mesh(num_partitions=1).axis_names
    assert axes == ("data", "fsdp", "model")


def test_fsdp_is_between_data_and_model():
    sizes = {"num_partitions": 2, "num_fsdp_partitions": 2}
    assert shape(8, **sizes) == {"data": 2, "fsdp": 2, "model": 2}
    # Neighbours share a copy of the model.
    grid = mesh.make_mesh(devices=devices(8), **sizes).devices
    assert [d.id for d in grid[0].flatten()] == [0, 1, 2, 3]


@pytest.mark.parametrize("size", [0, 3, 16])
def test_a_size_that_does_not_divide_names_those_that_do(size):
    message = rf"num_partitions is {size}, .* 8 devices.*\[1, 2, 4, 8\]"
    with pytest.raises(ValueError, match=message):
        shape(8, num_partitions=size)


def test_fsdp_divides_what_the_model_axis_leaves():
    message = r"num_fsdp_partitions is 3, .* 4 devices.*\[1, 2, 4\]"
    with pytest.raises(ValueError, match=message):
        shape(8, num_partitions=2, num_fsdp_partitions=3)


def test_a_model_axis_may_be_part_of_a_torus_dimension():
    places = [(x, y, z) for z in range(16) for y in range(8) for x in range(8)]
    chips = [Chip(i, place) for i, place in enumerate(places)]
    found = mesh.make_mesh(num_partitions=4, devices=chips)
    assert dict(found.shape) == {"data": 256, "fsdp": 1, "model": 4}
    # Four in a row, no link between any two but one.
    assert [chip.coords for chip in found.devices[0, 0]] == places[:4]


def test_slices_of_a_pod_divide_the_data_axis(monkeypatch):
    from jax.experimental import mesh_utils

    def one_slice(shape, granule, **options):
        return np.asarray(granule).reshape(shape)

    own = sys.modules[mesh_utils.create_hybrid_device_mesh.__module__]
    monkeypatch.setattr(own, "create_device_mesh", one_slice)
    # Two slices whose devices come by turns.
    pod = [SliceDevice(i, "tpu", slice_index=i % 2) for i in range(8)]
    grid = mesh.make_mesh(
        devices=pod, num_partitions=2, num_fsdp_partitions=2
    ).devices
    assert grid.shape == (2, 2, 2)
    for index in range(2):
        assert {d.slice_index for d in grid[index].flatten()} == {index}
    with pytest.raises(ValueError, match="do not divide over 2 TPU slices"):
        mesh.make_mesh(devices=pod, num_partitions=8)


def test_a_size_is_needed():
    with pytest.raises(ValueError, match="num_partitions or"):
        shape(8)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
