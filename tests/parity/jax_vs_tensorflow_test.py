"""The same Keras code on both backends: the same logits and text."""

import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from pali_tf.decoding.generate import greedy_decode
from pali_tf.models.functional import flatten
from tests.support.tiny_pali import make_batch, make_functional

ROOT = pathlib.Path(__file__).parents[2]


def test_logits_and_decoding(tmp_path: pathlib.Path):
    model = make_functional()
    params = model.init(jax.random.key(5))
    np.savez(tmp_path / "parameters.npz", **flatten(params))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.backend_child",
            str(tmp_path / "parameters.npz"),
            str(tmp_path / "outputs.npz"),
        ],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        check=True,
    )
    on_tensorflow = np.load(tmp_path / "outputs.npz")
    batch = make_batch()
    np.testing.assert_allclose(
        model.apply(params, batch), on_tensorflow["logits"], atol=1e-5
    )
    decoded = model.call(
        greedy_decode,
        params,
        batch["images"],
        batch["image_mask"],
        batch["encoder_input_tokens"],
        max_decode_len=6,
        num_pieces=60,
    )
    np.testing.assert_array_equal(decoded.tokens, on_tensorflow["tokens"])
    np.testing.assert_allclose(
        decoded.scores, on_tensorflow["scores"], atol=1e-4
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
