"""Which axes a group lies along, and how fast its links are."""

import numpy as np
import pytest
from jax.sharding import Mesh

from pali_tf.partitioning.mesh import MESH_AXES
from pali_tf.planning.hlo_collectives import Collective
from pali_tf.planning.interconnect import axes_of, axis_bandwidth, sum_traffic
from pali_tf.planning.topology import parse_topology
from tests.support.planned_run import made_up_devices

TOPOLOGY = parse_topology("v4:4x4x8")


def make_mesh(*shape):
    devices = np.array(made_up_devices(*TOPOLOGY.shape), dtype=object)
    return Mesh(devices.reshape(shape), MESH_AXES)


def test_a_group_lies_along_the_axes_where_it_differs():
    mesh = make_mesh(4, 4, 8)
    assert axes_of(range(8), mesh) == ("model",)
    assert axes_of(range(0, 128, 32), mesh) == ("data",)
    assert axes_of((0, 8), mesh) == ("fsdp",)
    assert axes_of(range(32), mesh) == ("fsdp", "model")
    assert axes_of((), mesh) == MESH_AXES


def test_a_ring_has_two_links_and_a_line_one():
    link = 50e9
    # All 8 of the last dimension, which is a ring.
    assert axis_bandwidth(("model",), make_mesh(16, 1, 8), TOPOLOGY) == 2 * link
    # 4 of its 8.
    assert axis_bandwidth(("model",), make_mesh(32, 1, 4), TOPOLOGY) == link
    # Both of the others.
    assert axis_bandwidth(("data",), make_mesh(16, 1, 8), TOPOLOGY) == 4 * link


def test_traffic_is_summed_by_kind_and_axes():
    mesh = make_mesh(16, 1, 8)
    model = tuple(range(8))
    found = sum_traffic(
        [
            Collective("all-gather", 800, model, 24, ""),
            Collective("all-gather", 80, model, 1, ""),
            Collective("all-reduce", 10**9, tuple(range(0, 128, 8)), 1, ""),
        ],
        mesh,
        TOPOLOGY,
    )
    assert [(row.kind, row.axes, row.times) for row in found] == [
        ("all-reduce", ("data",), 1),
        ("all-gather", ("model",), 25),
    ]
    assert found[1].payload_bytes == 24 * 800 + 80
    assert found[1].wire_bytes == found[1].payload_bytes * 7 / 8
    assert found[0].seconds == pytest.approx(2 * 10**9 * 15 / 16 / 200e9)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
