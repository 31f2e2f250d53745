"""The same Keras code on both backends: the same logits, text and scores."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten
from tests.parity.cases import decodings
from tests.support.both_backends import (
    Arrays,
    functional,
    run_on_jax,
    run_on_tensorflow,
)
from tests.support.parity import LAYER_TOLERANCE, MODEL_TOLERANCE, check_close
from tests.support.tiny_pali import make_batch

Pair = tuple[Arrays, Arrays]


@pytest.fixture(scope="module")
def found() -> Pair:
    """Arrays by name, of JAX and of TensorFlow."""
    params = functional(decodings).init(jax.random.key(5))
    parameters = {k: np.asarray(v) for k, v in flatten(params).items()}
    return (
        run_on_jax(decodings, parameters, make_batch()),
        run_on_tensorflow(decodings, parameters, make_batch()),
    )


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("logits", LAYER_TOLERANCE),
        ("classes", MODEL_TOLERANCE),
        ("top_values", 0),
        ("top_indices", 0),
        ("draws", 0),
    ],
)
def test_arrays(found: Pair, name: str, tolerance: float, record_property):
    check_close(*found, [name], tolerance, record_property)


@pytest.mark.parametrize("name", decodings.CONFIGS)
def test_decoding(found: Pair, name: str, record_property):
    on_jax, on_tensorflow = found
    for part in ("tokens", "num_steps"):
        np.testing.assert_array_equal(
            on_jax[f"{name}/{part}"], on_tensorflow[f"{name}/{part}"]
        )
    check_close(*found, [f"{name}/scores"], MODEL_TOLERANCE, record_property)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
