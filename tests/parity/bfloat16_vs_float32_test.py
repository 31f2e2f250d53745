"""What bfloat16 products cost against float32, with the goldens' weights.

A bfloat16 number has eight significant bits: rounding is off by up to 2^-9 of
the value, at every product. What must hold is that these errors, of five
blocks, stay a few roundings of the values' own size.
"""

import numpy as np
import pytest

from tests.parity.cases import mt5, vit
from tests.parity.goldens.files import TESTDATA
from tests.parity.mt5_vs_huggingface_and_t5x_test import make_parameters
from tests.support.both_backends import Arrays, load, run_on_jax
from tests.support.checkpoint import read_checkpoint

# Of the root mean square of an output; 2^-9 is 0.002.
TOLERANCE = 0.015


def relative_errors(exact: Arrays, fast: Arrays) -> dict[str, float]:
    """Root mean square of the error over that of the values."""

    def size(x: np.ndarray) -> float:
        return float(np.sqrt(np.mean(np.square(x.astype(np.float64)))))

    return {
        name: size(fast[name].astype(np.float32) - value) / size(value)
        for name, value in exact.items()
        if name.endswith(("encoded", "logits", "pooled", "tokens"))
        and value.dtype == np.float32
    }


def run_mt5(dtype: str) -> Arrays:
    inputs = load(TESTDATA / "mt5_huggingface/outputs.npz")
    del inputs["prompts"]  # Not to decode.
    return run_on_jax(mt5, make_parameters(), inputs, dtype=dtype)


def run_vit(dtype: str) -> Arrays:
    golden = load(TESTDATA / "vit_big_vision/outputs.npz")
    parameters = read_checkpoint(TESTDATA / "vit_big_vision/vit.npz")
    inputs = {"images": golden["images"]}
    return run_on_jax(vit, parameters, inputs, dtype=dtype)


@pytest.mark.parametrize("run", [run_mt5, run_vit], ids=["mt5", "vit"])
def test_error_is_bounded(run, record_property):
    exact, fast = run("float32"), run("bfloat16")
    errors = relative_errors(exact, fast)
    for name, error in errors.items():
        record_property(name, f"{error:.1e}")
    assert "logits" in errors
    assert fast["logits"].dtype == np.float32
    assert 1e-4 < max(errors.values()) < TOLERANCE, errors


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
