"""Every layout over devices trains the same run."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.support.repository import ROOT

pytestmark = pytest.mark.slow

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def losses():
    """The losses of 20 steps, by layout; from a process of eight devices."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.mesh_training_child"],
        cwd=ROOT,
        env=os.environ
        | {
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
            # Seven programs, each run 20 times: compiling is what takes long.
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        },
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(result.stdout)


def test_all_layouts_were_trained(losses):
    meshes = {name.split(",")[0] for name in losses}
    assert meshes == {"one device", "8x1x1", "4x1x2", "2x1x4", "1x1x8", "2x2x2"}
    for dims in ("activations 2-D", "parameters 2-D"):
        assert any(dims in name for name in losses)


def test_the_losses_are_those_of_one_device(losses, record_property):
    expected = np.array(losses.pop("one device"))
    assert len(expected) == 20
    # It does learn: equal losses of a model that stands still prove nothing.
    assert expected[-3:].mean() < expected[:3].mean()
    errors = {
        name: float(np.abs(np.array(found) - expected).max())
        for name, found in losses.items()
    }
    record_property("errors", errors)
    assert max(errors.values()) < TOLERANCE, errors


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
