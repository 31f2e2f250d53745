"""The ViT gives what Hugging Face's SigLIP tower gives, the same weights."""

import numpy as np
import pytest

from tests.parity.cases import vit
from tests.parity.goldens.files import TESTDATA
from tests.support.both_backends import (
    Arrays,
    load,
    run_on_jax,
    run_on_tensorflow,
)
from tests.support.checkpoint import read_checkpoint
from tests.support.parity import LAYER_TOLERANCE, MODEL_TOLERANCE, check_close

FOLDER = TESTDATA / "siglip_huggingface"
GOLDEN = load(FOLDER / "outputs.npz")
RUNS = {"jax": run_on_jax, "tensorflow": run_on_tensorflow}


@pytest.fixture(scope="module", params=RUNS)
def ours(request) -> Arrays:
    parameters = read_checkpoint(FOLDER)
    # SigLIP has no classes.
    parameters["head/kernel"] = np.zeros((24, 5), np.float32)
    parameters["head/bias"] = np.zeros(5, np.float32)
    return RUNS[request.param](vit, parameters, {"images": GOLDEN["images"]})


def test_each_block(ours: Arrays, record_property):
    names = [f"block_{i}" for i in range(3)]
    check_close(ours, GOLDEN, names, LAYER_TOLERANCE, record_property)


def test_end_to_end(ours: Arrays, record_property):
    names = ["tokens", "pooled"]
    check_close(ours, GOLDEN, names, MODEL_TOLERANCE, record_property)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
