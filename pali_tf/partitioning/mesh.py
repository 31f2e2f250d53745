"""The device mesh: axes ("data", "fsdp", "model"), from the devices there are.

Examples are spread over data and fsdp; parameters over model and fsdp, so that
each copy of the model is held by fsdp * model devices.

Source: the two ways to size the model axis are google-research/t5x,
t5x/partitioning.py (default_mesh).
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from pali_tf.errors import UserError

MESH_AXES = ("data", "fsdp", "model")


def make_mesh(
    *,
    num_partitions: int | None = None,
    model_parallel_submesh: Sequence[int] | None = None,
    num_fsdp_partitions: int = 1,
    devices: Sequence[Any] | None = None,
) -> Mesh:
    """Lays the devices out as (data, fsdp, model).

    See PjitPartitioner for the sizes. Without `devices`, all of this run's.

    Raises:
        UserError: no size of the model axis is given, or the sizes do not
            divide the number of devices.
    """
    devices = list(jax.devices()) if devices is None else list(devices)
    if model_parallel_submesh is not None:
        model_size = math.prod(model_parallel_submesh)
    elif num_partitions is not None:
        model_size = num_partitions
    else:
        raise UserError(
            "PjitPartitioner needs num_partitions or model_parallel_submesh."
        )
    _check_divides("num_partitions", model_size, len(devices))
    num_groups = len(devices) // model_size
    _check_divides("num_fsdp_partitions", num_fsdp_partitions, num_groups)
    shape = (
        num_groups // num_fsdp_partitions,
        num_fsdp_partitions,
        model_size,
    )
    if devices[0].platform == "tpu":
        grid = _tpu_grid(shape, devices)
    else:
        grid = np.asarray(devices).reshape(shape)
    return Mesh(grid, MESH_AXES)


def _tpu_grid(shape: tuple[int, ...], devices: list[Any]) -> np.ndarray:
    """Makes neighbours of the inner axes neighbours in the torus.

    Several slices are joined by a slower network: data alone goes over it.
    """
    from jax.experimental import mesh_utils

    num_slices = len({getattr(d, "slice_index", 0) for d in devices})
    if num_slices == 1:
        return mesh_utils.create_device_mesh(
            shape, devices=devices, allow_split_physical_axes=True
        )
    if shape[0] % num_slices:
        raise UserError(
            f"The data axis has {shape[0]} places, which do not divide over "
            f"{num_slices} TPU slices: one copy of the model must lie within "
            "a slice. Lower num_partitions or num_fsdp_partitions."
        )
    return mesh_utils.create_hybrid_device_mesh(
        (shape[0] // num_slices, *shape[1:]),
        (num_slices, *[1] * (len(shape) - 1)),
        devices=devices,
        allow_split_physical_axes=True,
    )


def _check_divides(name: str, size: int, count: int) -> None:
    if size < 1 or count % size:
        possible = [n for n in range(1, count + 1) if count % n == 0]
        raise UserError(
            f"{name} is {size}, which does not divide {count} devices; "
            f"possible: {possible}."
        )
