"""Activations live where the rules say."""

import json
import os
import subprocess
import sys
import types

import jax
import numpy as np
import pytest

from pali_tf.layers.activation_sharding import constrain
from pali_tf.layers.dense import Dense
from pali_tf.partitioning.axis_rules import (
    BATCH_AXES,
    standard_logical_axis_rules,
)
from pali_tf.partitioning.mesh import MESH_AXES
from pali_tf.partitioning.shardings import PjitPartitioner, activation_spec

pytestmark = pytest.mark.slow


def test_outside_of_a_scope_nothing_happens():
    x = np.ones((2, 3))
    assert constrain(x, ("batch", "embed")) is x


@pytest.mark.parametrize(("platform", "rank"), [("cpu", 2), ("tpu", 3)])
def test_rows_are_joined_on_a_cpu_alone(platform, rank):
    dense = Dense(3)
    dense.build((None, None, 4))
    device = types.SimpleNamespace(platform=platform)
    mesh = types.SimpleNamespace(size=1, devices=np.array([device]))
    on_mesh = PjitPartitioner().on_mesh(dense.call, mesh)
    products = [
        equation.outvars[0].aval.ndim
        for equation in jax.make_jaxpr(on_mesh)(np.ones((2, 5, 4))).eqns
        if equation.primitive.name == "dot_general"
    ]
    assert products == [rank]


@pytest.mark.slow
def test_the_decoding_cache_is_sharded_over_rows_and_heads():
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.mesh_child"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {
            "JAX_PLATFORMS": "cpu",
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        },
    )
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["same"]
    # Of a cache [6, 4, 2, 8] and of cross-attention keys [4, 2, 8, 11] and
    # values [4, 2, 11, 8]: half of the rows and one head of two.
    assert "f32[6,2,1,8]" in found["shapes"]
    assert "f32[2,1,8,11]" in found["shapes"]
    assert "f32[2,1,11,8]" in found["shapes"]
    assert "f32[6,4,2,8]" not in found["shapes"]


def test_what_does_not_divide_stays_whole():
    mesh = jax.sharding.AbstractMesh((1, 2, 4), MESH_AXES)
    rules = standard_logical_axis_rules()
    spec = activation_spec((6, 5, 8), ("batch", "length", "mlp"), rules, mesh)
    assert spec == jax.sharding.PartitionSpec(BATCH_AXES, None, "model")
    spec = activation_spec((3, 5, 6), ("batch", "length", "mlp"), rules, mesh)
    assert spec == jax.sharding.PartitionSpec(None, None, None)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
