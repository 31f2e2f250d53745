"""Adafactor against the formula of T5X's, written out in numpy."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pali_tf.models.stacking import unstack_layers
from pali_tf.training.optimizer import Adafactor

pytestmark = pytest.mark.slow


def reference_step(param, grad, slots, step, *, rate, factored):
    """One update as T5X defines it (t5x/adafactor.py), float64."""
    beta2 = 1 - (step + 1.0) ** -0.8
    squared = grad**2 + 1e-30
    if factored:
        # The larger dimension is reduced for the row, the other for the
        # column.
        d1, d0 = np.argsort(param.shape)[-2:]
        row, column = slots
        row = beta2 * row + (1 - beta2) * squared.mean(d0)
        column = beta2 * column + (1 - beta2) * squared.mean(d1)
        slots = (row, column)
        scaled_row = (row / row.mean()) ** -0.5
        update = (
            grad
            * np.expand_dims(scaled_row, d0)
            * np.expand_dims(column**-0.5, d1)
        )
    else:
        slots = beta2 * slots + (1 - beta2) * squared
        update = grad * slots**-0.5
    update /= max(1.0, np.sqrt((update**2).mean()))
    scale = max(1e-3, np.sqrt((param**2).mean()))
    return param - rate * scale * update, slots


@pytest.mark.parametrize(
    ("shape", "factored"),
    [((130, 200), True), ((200, 130), True), ((64, 300), False), ((5,), False)],
)
def test_three_steps_equal_the_formula(shape, factored):
    rng = np.random.default_rng(0)
    param = rng.normal(size=shape)
    if factored:
        d1, d0 = np.argsort(shape)[-2:]
        slots = (np.zeros(shape[d1]), np.zeros(shape[d0]))
    else:
        slots = np.zeros(shape)
    optimizer = Adafactor().make(lambda step: 1e-2 * (step + 1))
    tree = {"w": jnp.asarray(param, jnp.float32)}
    state = optimizer.init(tree)
    for step in range(3):
        grad = rng.normal(size=shape) * 10**step
        updates, state = optimizer.update(
            {"w": jnp.asarray(grad, jnp.float32)}, state, tree
        )
        tree = optax.apply_updates(tree, updates)
        param, slots = reference_step(
            param, grad, slots, step, rate=1e-2 * (step + 1), factored=factored
        )
        np.testing.assert_allclose(tree["w"], param, rtol=2e-5, atol=2e-6)


def test_golden_first_step_of_a_scalar_parameter():
    """At t = 0, u is the gradient's sign; the step is rate * max(1e-3, |p|)."""
    optimizer = Adafactor().make(lambda step: 0.1)
    tree = {"w": jnp.asarray([2.0])}
    updates, _ = optimizer.update(
        {"w": jnp.asarray([-7.0])}, optimizer.init(tree), tree
    )
    np.testing.assert_allclose(updates["w"], [0.2], rtol=1e-6)


def test_zero_parameter_still_moves():
    optimizer = Adafactor().make(lambda step: 0.1)
    tree = {"w": jnp.zeros([1])}
    updates, _ = optimizer.update(
        {"w": jnp.asarray([3.0])}, optimizer.init(tree), tree
    )
    np.testing.assert_allclose(updates["w"], [-1e-4], rtol=1e-6)


def test_beta1_zero_keeps_no_momentum_slot():
    tree = {"w": jnp.ones([4])}
    none = Adafactor(beta1=None).make(lambda s: 1.0).init(tree)
    zero = Adafactor(beta1=0.0).make(lambda s: 1.0).init(tree)
    some = Adafactor(beta1=0.9).make(lambda s: 1.0).init(tree)
    none, zero, some = (state["singles"] for state in (none, zero, some))
    assert len(none) == len(zero) == len(some) - 1


def test_blocks_of_a_scanned_stack_are_treated_each_for_itself():
    rng = np.random.default_rng(0)
    # Blocks of very different sizes: one scale for all would show.
    kernels = rng.normal(size=(3, 130, 200)) * [[[1.0]], [[10.0]], [[0.1]]]
    scales = rng.normal(size=(3, 5))
    stacked = {
        "encoder/layers/mlp/wo/kernel": jnp.asarray(kernels, jnp.float32),
        "encoder/layers/norm/scale": jnp.asarray(scales, jnp.float32),
        "encoder/encoder_norm/scale": jnp.ones(5),
    }
    unrolled = unstack_layers(stacked)
    optimizer = Adafactor().make(lambda step: 1e-2)

    def train(tree, spread):
        state = optimizer.init(tree)
        for step in range(3):
            grads = {
                path: jnp.sin(jnp.arange(value.size) + step).reshape(
                    value.shape
                )
                for path, value in stacked.items()
            }
            updates, state = optimizer.update(spread(grads), state, tree)
            tree = optax.apply_updates(tree, updates)
        return tree

    expected = train(unrolled, unstack_layers)
    for path, value in unstack_layers(train(stacked, dict)).items():
        np.testing.assert_allclose(value, expected[path], rtol=1e-5)


def test_stacks_of_different_depths_train_together():
    tree = {
        "vision/layers/mlp/wo/kernel": jnp.ones((4, 130, 140)),
        "encoder/layers/mlp/wo/kernel": jnp.ones((3, 130, 140)),
    }
    optimizer = Adafactor().make(lambda step: 1e-2)
    together, _ = optimizer.update(tree, optimizer.init(tree), tree)
    for path, value in tree.items():
        alone = {path: value}
        expected, _ = optimizer.update(alone, optimizer.init(alone), alone)
        np.testing.assert_array_equal(together[path], expected[path])


def test_weight_decay_is_not_scaled_by_the_rate():
    optimizer = Adafactor(weight_decay_rate=0.5).make(lambda s: 0.0)
    tree = {"w": jnp.asarray([2.0])}
    updates, _ = optimizer.update(
        {"w": jnp.asarray([1.0])}, optimizer.init(tree), tree
    )
    np.testing.assert_allclose(updates["w"], [-1.0])


def test_bad_rates():
    with pytest.raises(ValueError, match="beta1"):
        Adafactor(beta1=1.0)
    with pytest.raises(ValueError, match="decay_rate"):
        Adafactor(decay_rate=0.0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
