"""PaLI is a keras.Model: Keras' own compile and fit train it."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.repository import ROOT

pytestmark = pytest.mark.slow

CHILD = """
import json

import keras

from pali_tf.models.pali.model import Pali
from tests.support.tiny_pali import make_batch, make_config

model = Pali(make_config())
model.build()
batch = make_batch()
targets = batch.pop("decoder_target_tokens")
weights = batch.pop("decoder_loss_weights")
model.compile(
    optimizer=keras.optimizers.Adam(1e-2),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    jit_compile=False,
)
history = model.fit(
    batch, targets, sample_weight=weights, batch_size=4, epochs=20, verbose=0
)
print(json.dumps(history.history["loss"]))
"""


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_fit_learns_a_batch_by_heart(backend):
    result = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    losses = json.loads(result.stdout.splitlines()[-1])
    assert losses[-1] < losses[0] / 4


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
