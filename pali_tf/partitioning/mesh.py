"""The device mesh: axes ("data", "model"), from the devices there are.

Source: the two ways to size the model axis are google-research/t5x,
t5x/partitioning.py (default_mesh).
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

MESH_AXES = ("data", "model")


def make_mesh(
    *,
    num_partitions: int | None = None,
    model_parallel_submesh: Sequence[int] | None = None,
    devices: Sequence[Any] | None = None,
) -> Mesh:
    """Lays the devices out as (data, model).

    Args:
        num_partitions: size of the model axis.
        model_parallel_submesh: (x, y, z, core) tile of a TPU slice that
            holds one copy of the model; its product is the model axis.
            Takes the place of `num_partitions`.
        devices: jax.Device objects; None: all of this run's.

    Returns:
        Mesh of shape (devices / model, model).

    Raises:
        ValueError: neither size is given, or it does not divide the number
            of devices.
    """
    devices = list(jax.devices()) if devices is None else list(devices)
    if model_parallel_submesh is not None:
        model_size = math.prod(model_parallel_submesh)
    elif num_partitions is not None:
        model_size = num_partitions
    else:
        raise ValueError(
            "PjitPartitioner needs num_partitions or model_parallel_submesh."
        )
    if model_size < 1 or len(devices) % model_size:
        divisors = [
            n for n in range(1, len(devices) + 1) if len(devices) % n == 0
        ]
        raise ValueError(
            f"The model axis of {model_size} partitions does not divide the "
            f"{len(devices)} devices of this run; possible sizes: {divisors}."
        )
    if devices[0].platform == "tpu":
        # Neighbours of the model axis must be neighbours in the torus.
        from jax.experimental import mesh_utils

        grid = mesh_utils.create_device_mesh(
            (len(devices) // model_size, model_size), devices=devices
        )
    else:
        grid = np.asarray(devices).reshape(-1, model_size)
    return Mesh(grid, MESH_AXES)
