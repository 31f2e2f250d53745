"""Scores of targets are sums of their log-probabilities."""

import jax
import numpy as np
import pytest

from pali_tf.decoding.log_probability import log_probability
from pali_tf.decoding.score import score_targets
from tests.support.tiny_decoding import MODEL, PARAMS, score
from tests.support.tiny_pali import make_batch


@pytest.mark.slow
def test_log_probability_is_log_softmax_at_the_token():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 5, 11)).astype(np.float32) * 20
    ids = rng.integers(0, 11, (3, 5), dtype=np.int32)
    expected = np.take_along_axis(
        np.asarray(jax.nn.log_softmax(logits)), ids[..., None], axis=-1
    )[..., 0]
    np.testing.assert_allclose(
        log_probability(logits, ids), expected, atol=1e-5
    )


@pytest.mark.slow
def test_only_weighted_tokens_count():
    batch = make_batch()
    targets = batch["decoder_target_tokens"]
    weights = batch["decoder_loss_weights"].copy()
    weights[0, 4:] = 0
    output = jax.jit(lambda b: MODEL.call(score_targets, PARAMS, b))(
        batch | {"decoder_loss_weights": weights}
    )
    kept = np.where(weights > 0, targets, 0)
    np.testing.assert_allclose(output.scores, score(batch, kept), atol=1e-4)
    assert output.num_tokens.tolist() == [4, 6, 3]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
