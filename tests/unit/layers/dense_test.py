import contextlib

import jax
import keras
import numpy as np
import pytest

from pali_tf.layers.dense import Dense, joined_rows_scope

SCOPES = (contextlib.nullcontext, joined_rows_scope)


def make_dense():
    dense = Dense(5, bias_initializer="ones", name="dense")
    dense.build((None, None, 4))
    return dense


def loss_and_gradient(dense, inputs, scope):
    """Of a sum over the outputs, weighted so that none are alike."""

    def loss(kernel):
        with keras.StatelessScope(state_mapping=[(dense._kernel, kernel)]):
            outputs = dense(inputs)
        weights = np.arange(outputs.size).reshape(outputs.shape)
        return (outputs * weights).sum()

    def in_scope(kernel):
        with scope():
            return jax.value_and_grad(loss)(kernel)

    kernel = dense._kernel.value
    return in_scope(kernel), jax.make_jaxpr(in_scope)(kernel)


def num_contracted(jaxpr):
    """How many axes each matrix product sums over."""
    return [
        len(equation.params["dimension_numbers"][0][0])
        for equation in jaxpr.eqns
        if equation.primitive.name == "dot_general"
    ]


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (2, 3, 2, 4)])
def test_joined_rows_give_what_keras_gives(rng, shape):
    dense = make_dense()
    inputs = rng.standard_normal(shape).astype(np.float32)
    expected = keras.ops.matmul(inputs, dense.kernel) + dense.bias
    for scope in SCOPES:
        with scope():
            outputs = dense(inputs)
        assert outputs.shape == (*shape[:-1], 5)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_joined_rows_sum_the_gradient_over_one_axis(rng):
    dense = make_dense()
    inputs = rng.standard_normal((2, 3, 4)).astype(np.float32)
    (apart, apart_jaxpr), (joined, joined_jaxpr) = (
        loss_and_gradient(dense, inputs, scope) for scope in SCOPES
    )
    for left, right in zip(apart, joined, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5)
    assert num_contracted(apart_jaxpr) == [1, 2]
    assert num_contracted(joined_jaxpr) == [1, 1]


@pytest.mark.slow
def test_it_quantizes_and_adapts_as_keras_dense(rng):
    inputs = rng.standard_normal((2, 3, 4)).astype(np.float32)
    ours, keras_own = make_dense(), keras.layers.Dense(5)
    keras_own.build((None, None, 4))
    keras_own.set_weights(ours.get_weights())
    for dense in (ours, keras_own):
        dense.enable_lora(2)
        dense.lora_kernel_b.assign(np.ones((2, 5)))
        dense.lora_kernel_a.assign(np.ones((4, 2)))
    with joined_rows_scope():
        adapted = ours(inputs)
    np.testing.assert_allclose(adapted, keras_own(inputs), rtol=1e-5)
    for dense in (ours, keras_own):
        dense.quantize("int8")
    assert ours._kernel.dtype == "int8"
    with joined_rows_scope():
        quantized = ours(inputs)
    np.testing.assert_allclose(quantized, keras_own(inputs), rtol=1e-5)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
