"""Decodes on four devices, two by two, in a process of its own.

KERAS_BACKEND=jax XLA_FLAGS=--xla_force_host_platform_device_count=4 \
    python -m tests.support.mesh_child

Prints, as JSON, whether the tokens are those of one device and the shapes that
one device holds of the loop's arrays.
"""

import json
import re
import sys

import jax
import numpy as np

from pali_tf.models.functional import flatten, unflatten
from pali_tf.partitioning.shardings import (
    PjitPartitioner,
    batch_sharding,
)
from pali_tf.training.model import PaliTrainingModel
from tests.support.tiny_pali import make_batch, make_config


def main() -> None:
    """Compiles, runs and compares."""
    partitioner = PjitPartitioner(num_partitions=2)
    mesh = partitioner.mesh()
    model = PaliTrainingModel(config=make_config())
    params = jax.jit(model.init)(jax.random.key(0))
    batch = {
        name: np.tile(v[:2], (2, *[1] * (v.ndim - 1)))
        for name, v in make_batch().items()
    }
    places = partitioner.parameter_shardings(mesh, model.functional.specs)
    placed = unflatten(
        {p: jax.device_put(v, places[p]) for p, v in flatten(params).items()}
    )
    decode = jax.jit(partitioner.on_mesh(model.predict_batch_with_aux))
    on_mesh = jax.device_put(batch, batch_sharding(mesh))
    compiled = decode.lower(placed, on_mesh).compile()
    loop = next(
        line for line in compiled.as_text().splitlines() if " while(" in line
    )
    tokens, _ = decode(placed, on_mesh)
    expected, _ = jax.jit(model.predict_batch_with_aux)(params, batch)
    found = {
        "same": bool(np.all(np.asarray(tokens) == np.asarray(expected))),
        "shapes": re.findall(r"f32\[[\d,]*\]", loop),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
