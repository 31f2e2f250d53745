"""How fast the devices of a mesh axis talk, and what a step says over it."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
from jax.sharding import Mesh

from pali_tf.planning.hlo_collectives import Collective
from pali_tf.planning.topology import Topology


@dataclasses.dataclass(frozen=True, kw_only=True)
class Traffic:
    """The collectives of one kind over the same axes of the mesh.

    Attributes:
        kind: "all-gather", say.
        axes: of the mesh, whose devices take part together.
        times: how often they run in a step, all together.
        payload_bytes: of their arrays, on one device, in a step.
        wire_bytes: that a device sends in a step.
        seconds: of a step, at the rate of the axes' links.
    """

    kind: str
    axes: tuple[str, ...]
    times: int
    payload_bytes: int
    wire_bytes: float
    seconds: float


def axes_of(group: Sequence[int], mesh: Mesh) -> tuple[str, ...]:
    """Gives the mesh axes along which the devices of a group differ.

    The group has places in `mesh.devices`, flat; empty: all.

    Example: devices 0 to 3 of a (256, 1, 4) mesh differ along ("model",).
    """
    if not group:
        return tuple(name for name, n in mesh.shape.items() if n > 1)
    places = np.unravel_index(np.asarray(group), mesh.devices.shape)
    return tuple(
        name
        for name, along in zip(mesh.axis_names, places, strict=True)
        if len(set(along.tolist())) > 1
    )


def axis_bandwidth(
    axes: Sequence[str], mesh: Mesh, topology: Topology
) -> float:
    """Gives the bytes/s that a device sends to others of its group.

    A group lies along some dimensions of the torus. Each brings its links:
    both directions where the group closes a ring, otherwise one.
    """
    index = tuple(
        slice(None) if name in axes else 0 for name in mesh.axis_names
    )
    group = np.ravel(mesh.devices[index])
    places = np.array([device.coords for device in group])
    links = 0
    for i, extent in enumerate(topology.shape):
        here = len(set(places[:, i].tolist()))
        if here > 1:
            is_ring = here == extent and topology.chip.wraps(extent)
            links += 2 if is_ring else 1
    return max(links, 1) * topology.chip.device().link_bandwidth


def sum_traffic(
    collectives: Iterable[Collective], mesh: Mesh, topology: Topology
) -> list[Traffic]:
    """Sums collectives by kind and mesh axes, the longest first."""
    groups: dict[tuple[str, tuple[str, ...]], list[Collective]] = {}
    for collective in collectives:
        key = collective.kind, axes_of(collective.group, mesh)
        groups.setdefault(key, []).append(collective)
    rows = []
    for (kind, axes), members in groups.items():
        wire = sum(member.wire_bytes(mesh.size) for member in members)
        rows.append(
            Traffic(
                kind=kind,
                axes=axes,
                times=sum(member.times for member in members),
                payload_bytes=sum(m.times * m.payload_bytes for m in members),
                wire_bytes=wire,
                seconds=wire / axis_bandwidth(axes, mesh, topology),
            )
        )
    return sorted(rows, key=lambda row: -row.seconds)
