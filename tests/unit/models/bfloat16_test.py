"""bfloat16 compute, float32 parameters and logits."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten
from tests.support.tiny_pali import make_batch, make_functional

pytestmark = pytest.mark.slow


def test_parameters_and_logits_stay_float32():
    exact, fast = make_functional(), make_functional(dtype="bfloat16")
    params = fast.init(jax.random.key(0))
    assert {str(v.dtype) for v in flatten(params).values()} == {"float32"}
    batch = make_batch()
    logits = fast.apply(params, batch)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, exact.apply(params, batch), atol=0.1)


def test_products_are_bfloat16():
    model = make_functional(dtype="bfloat16")
    text = (
        jax.jit(model.apply)
        .lower(jax.eval_shape(model.init, jax.random.key(0)), make_batch())
        .as_text()
    )
    assert "bf16" in text


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
