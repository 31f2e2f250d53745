"""The loss against numbers worked out in numpy."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp

from pali_tf.training import loss


def test_docstring_example():
    cross_entropy, z_loss = loss.token_cross_entropy(
        jnp.zeros([1, 1, 2]), jnp.ones([1, 1], jnp.int32)
    )
    np.testing.assert_allclose(cross_entropy, [[0.6931]], atol=1e-4)
    np.testing.assert_allclose(z_loss, [[0.0]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_equals_soft_targets(rng, smoothing):
    """T5X's definition: one-hot targets, smoothed, minus their entropy."""
    logits = rng.normal(size=(2, 3, 5)) * 3
    targets = rng.integers(0, 5, (2, 3))
    on, off = 1 - smoothing, smoothing / 4
    soft = np.where(np.eye(5)[targets] == 1, on, off)
    entropy = -(on * np.log(on) + 4 * off * np.log(off + 1e-20))
    expected = -(soft * log_softmax(logits, -1)).sum(-1) - entropy
    actual, z_loss = loss.token_cross_entropy(
        jnp.asarray(logits),
        jnp.asarray(targets),
        label_smoothing=smoothing,
        z_loss=1e-2,
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        z_loss, 1e-2 * logsumexp(logits, -1) ** 2, rtol=1e-5
    )


@pytest.mark.slow
def test_bfloat16_logits_are_summed_in_float32():
    cross_entropy, _ = loss.token_cross_entropy(
        jnp.zeros([1, 1, 1000], jnp.bfloat16), jnp.zeros([1, 1], jnp.int32)
    )
    assert cross_entropy.dtype == jnp.float32
    np.testing.assert_allclose(cross_entropy, [[np.log(1000)]], rtol=1e-6)


def test_ranks_must_fit():
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 3\)"):
        loss.token_cross_entropy(jnp.zeros([2, 3]), jnp.zeros([2, 3], int))


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (None, 1.0),
        (1024 * 229, 1024 * 229),
        ("NUM_REAL_TARGET_TOKENS", 3.0),
        ("NUM_TOTAL_TARGET_TOKENS", 4.0),
    ],
)
def test_normalizer(factor, expected):
    weights = jnp.asarray([[1.0, 1.0], [1.0, 0.0]])
    assert float(loss.normalizer(factor, weights)) == expected


def test_batch_without_targets_has_loss_zero_not_nan():
    weights = jnp.zeros([2, 2])
    assert float(loss.normalizer("NUM_REAL_TARGET_TOKENS", weights)) == 1.0


def test_unknown_factor_names_the_nearest():
    with pytest.raises(ValueError, match="mean 'NUM_REAL_TARGET_TOKENS'"):
        loss.check_normalizing_factor("num_real_tokens")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
