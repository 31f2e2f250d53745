"""The same Keras code on both backends: the same logits, text and scores."""

import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten
from tests.support import both_decodings
from tests.support.tiny_pali import make_batch, make_functional

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Arrays by name, of JAX and of TensorFlow."""
    folder = tmp_path_factory.mktemp("backends")
    model = make_functional()
    params = model.init(jax.random.key(5))
    np.savez(folder / "parameters.npz", **flatten(params))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.backend_child",
            str(folder / "parameters.npz"),
            str(folder / "outputs.npz"),
        ],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        check=True,
    )
    batch = make_batch()
    on_jax = jax.jit(lambda p: model.call(both_decodings.run, p, batch))(params)
    return on_jax, np.load(folder / "outputs.npz")


@pytest.mark.parametrize(
    ("name", "atol"),
    [
        ("logits", 1e-5),
        ("classes", 1e-4),
        ("top_values", 0),
        ("top_indices", 0),
        ("draws", 0),
    ],
)
def test_arrays(found, name, atol):
    on_jax, on_tensorflow = found
    np.testing.assert_allclose(
        on_jax[name], on_tensorflow[name], rtol=0, atol=atol
    )


@pytest.mark.parametrize("name", both_decodings.CONFIGS)
def test_decoding(found, name):
    on_jax, on_tensorflow = found
    for part in ("tokens", "num_steps"):
        np.testing.assert_array_equal(
            on_jax[f"{name}/{part}"], on_tensorflow[f"{name}/{part}"]
        )
    np.testing.assert_allclose(
        on_jax[f"{name}/scores"], on_tensorflow[f"{name}/scores"], atol=1e-4
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
