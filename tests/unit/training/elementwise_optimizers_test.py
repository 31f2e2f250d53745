"""AdamW and Lion against their formulas, and clipping of the whole gradient."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pali_tf.training.elementwise_optimizers import AdamW, Lion
from pali_tf.training.optimizer import Adafactor

KERNEL, SCALE = "decoder/mlp/wi_0/kernel", "decoder/decoder_norm/scale"


def train(optimizer_def, grads, start, rate=0.1):
    optimizer = optimizer_def.make(lambda step: rate)
    tree = {name: jnp.asarray(value) for name, value in start.items()}
    state = optimizer.init(tree)
    for grad in grads:
        updates, state = optimizer.update(
            {name: jnp.asarray(value) for name, value in grad.items()},
            state,
            tree,
        )
        tree = optax.apply_updates(tree, updates)
    return tree


def test_adamw_takes_the_steps_of_its_formula():
    p, m, v = 2.0, 0.0, 0.0
    grads = [0.5, -1.5, 2.0]
    for t, g in enumerate(grads, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.95 * v + 0.05 * g * g
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-8)
        p -= 0.1 * (step + 0.01 * p)
    trained = train(
        AdamW(beta2=0.95, weight_decay_rate=0.01),
        [{KERNEL: [g]} for g in grads],
        {KERNEL: [2.0]},
    )
    np.testing.assert_allclose(trained[KERNEL], [p], rtol=1e-5)


def test_lion_takes_the_steps_of_its_formula():
    p, m = 2.0, 0.0
    grads = [0.5, -5.0, 2.0]
    for g in grads:
        step = np.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
        p -= 0.1 * (step + 0.01 * p)
    trained = train(
        Lion(weight_decay_rate=0.01),
        [{KERNEL: [g]} for g in grads],
        {KERNEL: [2.0]},
    )
    np.testing.assert_allclose(trained[KERNEL], [p], rtol=1e-5)


@pytest.mark.parametrize("make", [AdamW, Lion])
def test_norms_are_not_decayed(make):
    start = {KERNEL: [2.0], SCALE: [2.0]}
    zero = {KERNEL: [0.0], SCALE: [0.0]}
    trained = train(make(weight_decay_rate=0.5), [zero], start)
    np.testing.assert_allclose(trained[KERNEL], [1.9], rtol=1e-6)
    np.testing.assert_allclose(trained[SCALE], [2.0])
    trained = train(make(weight_decay_rate=0.5, decayed=".*"), [zero], start)
    np.testing.assert_allclose(trained[SCALE], [1.9], rtol=1e-6)


@pytest.mark.parametrize("make", [AdamW, Lion])
def test_the_mean_may_be_held_in_less(make):
    state = (
        make(momentum_dtype="bfloat16")
        .make(lambda s: 1.0)
        .init({KERNEL: jnp.ones(3)})
    )
    dtypes = {
        str(x.dtype)
        for x in optax.tree_utils.tree_get_all_with_path(state, "mu")[0][
            1
        ].values()
    }
    assert dtypes == {"bfloat16"}


@pytest.mark.parametrize("make", [AdamW, Lion])
def test_betas_lie_below_one(make):
    with pytest.raises(ValueError, match="beta"):
        make(beta2=1.0)


@pytest.mark.slow
def test_the_whole_gradient_is_clipped():
    start = {KERNEL: [1.0, 1.0], SCALE: [1.0]}
    grad = {KERNEL: [3.0, 0.0], SCALE: [4.0]}
    fifth = {name: np.asarray(g) / 5 for name, g in grad.items()}
    # Two steps: the first is the sign of the gradient, clipped or not.
    clipped = train(AdamW(global_norm_clip_threshold=1.0), [grad, fifth], start)
    by_hand = train(AdamW(), [fifth, fifth], start)
    for name in start:
        np.testing.assert_allclose(clipped[name], by_hand[name], rtol=1e-6)
    free = train(AdamW(), [grad, fifth], start)
    assert not np.allclose(free[KERNEL], by_hand[KERNEL], rtol=1e-3)


@pytest.mark.slow
def test_adafactor_clips_the_whole_gradient_before_its_means():
    start = {KERNEL: [1.0, 1.0], SCALE: [1.0]}
    grad = {KERNEL: [3.0, 0.0], SCALE: [4.0]}
    fifth = {name: np.asarray(g) / 5 for name, g in grad.items()}
    clipped = train(
        Adafactor(global_norm_clip_threshold=1.0), [grad, fifth], start
    )
    by_hand = train(Adafactor(), [fifth, fifth], start)
    for name in start:
        np.testing.assert_allclose(clipped[name], by_hand[name], rtol=1e-6)


def test_a_threshold_is_above_zero():
    with pytest.raises(ValueError, match="global_norm_clip_threshold is 0"):
        AdamW(global_norm_clip_threshold=0.0).make(lambda s: 1.0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
