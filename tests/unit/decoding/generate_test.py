"""Cached greedy decoding equals full re-computation."""

import jax
import numpy as np
import pytest

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from tests.support.tiny_decoding import (
    EOS,
    FEATURES,
    MODEL,
    PARAMS,
    answer,
    log_probs,
    one_row,
    score,
)
from tests.support.tiny_pali import make_batch, make_functional

pytestmark = pytest.mark.slow

LENGTH, NUM_PIECES = 8, 60
GREEDY = DecodingConfig()


def recomputed(batch: dict, num_pieces: int = NUM_PIECES) -> np.ndarray:
    """Runs the whole decoder again for each position."""
    tokens = np.zeros((3, LENGTH), np.int32)
    ended = np.zeros(3, bool)
    for step in range(LENGTH):
        after = log_probs(batch, tokens)[:, step]
        after[:, 0] = -np.inf
        after[:, num_pieces:] = -np.inf
        tokens[:, step] = np.where(ended, 0, after.argmax(-1))
        ended |= tokens[:, step] == EOS
    return tokens


@pytest.mark.parametrize("num_pieces", [6, NUM_PIECES])
def test_equals_full_recomputation(num_pieces):
    batch = make_batch()
    output = answer(batch, GREEDY, length=LENGTH, num_pieces=num_pieces)
    np.testing.assert_array_equal(
        output.tokens[:, 0], recomputed(batch, num_pieces)
    )


def test_score_is_the_log_probability_of_the_tokens():
    batch = make_batch()
    output = answer(batch, GREEDY)
    tokens = np.asarray(output.tokens[:, 0])
    expected = score(batch, tokens)
    np.testing.assert_allclose(output.scores[:, 0], expected, atol=1e-4)
    penalty = ((5 + (tokens > 0).sum(-1)) / 6) ** 0.6
    np.testing.assert_allclose(
        output.normalized_scores[:, 0], expected / penalty, atol=1e-4
    )


def test_a_batch_gives_the_same_as_its_rows():
    batch = make_batch()
    together = np.asarray(answer(batch, GREEDY).tokens)
    for row in range(3):
        alone = answer(one_row(batch, row), GREEDY)
        np.testing.assert_array_equal(alone.tokens[0], together[row])


@pytest.mark.parametrize(
    "config",
    [GREEDY, DecodingConfig(num_beams=3, num_return=3)],
    ids=lambda config: config.method,
)
def test_ids_past_the_pieces_never_come_though_they_are_likeliest(config):
    kernel = PARAMS["decoder"]["logits_dense"]["kernel"]
    # The logits of 0 and of the padded rows of the table are 100 times larger,
    # of both signs: in some position each would be the choice.
    large = kernel.at[:, 0].mul(100).at[:, 40:].mul(100)
    params = PARAMS | {
        "decoder": PARAMS["decoder"] | {"logits_dense": {"kernel": large}}
    }
    batch = make_batch()
    logits = np.asarray(jax.jit(MODEL.apply)(params, batch))
    best = logits.argmax(-1)
    assert ((best == 0) | (best >= 40)).mean() > 0.9
    output = jax.jit(
        lambda *features: MODEL.call(
            decode,
            params,
            *features,
            config=config,
            max_decode_len=LENGTH,
            num_pieces=40,
        )
    )(*(batch[name] for name in FEATURES))
    tokens = np.asarray(output.tokens)
    assert tokens.max() < 40
    after_the_end = np.cumsum(tokens == EOS, axis=-1) - (tokens == EOS) > 0
    np.testing.assert_array_equal(tokens == 0, after_the_end)


def test_stops_when_all_rows_have_ended():
    # With two pieces allowed, padding excluded, only EOS is left.
    output = answer(make_batch(), GREEDY, num_pieces=2)
    np.testing.assert_array_equal(output.tokens[:, 0, 0], EOS)
    np.testing.assert_array_equal(output.tokens[:, 0, 1:], 0)
    assert output.num_steps == 1


def test_runs_as_long_as_the_longest_row():
    output = answer(make_batch(), GREEDY, length=40, num_pieces=6)
    lengths = (np.asarray(output.tokens[:, 0]) > 0).sum(-1)
    assert len(set(lengths.tolist())) > 1
    assert output.num_steps == lengths.max()


def test_bfloat16_towers_give_float32_scores():
    model = make_functional(dtype="bfloat16")
    batch = make_batch()
    output = jax.jit(
        lambda *features: model.call(
            decode,
            PARAMS,
            *features,
            config=DecodingConfig(num_beams=2),
            max_decode_len=4,
            num_pieces=NUM_PIECES,
        )
    )(*(batch[name] for name in FEATURES))
    assert output.scores.dtype == "float32"
    assert output.tokens.shape == (3, 1, 4)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"num_pieces": 65}, r"num_pieces is 65, not in \[2, 64\]"),
        ({"num_pieces": 1}, r"num_pieces is 1, not in \[2, 64\]"),
        ({"length": 0}, "max_decode_len is 0, below 1"),
    ],
)
def test_sizes_that_leave_nothing_to_decode(sizes, message):
    with pytest.raises(ValueError, match=message):
        answer(make_batch(), GREEDY, **sizes)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
