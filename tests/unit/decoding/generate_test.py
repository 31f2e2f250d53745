"""Cached greedy decoding equals full re-computation."""

import functools

import jax
import numpy as np
import pytest

from pali_tf.decoding.generate import EOS_ID, DecodeOutput, greedy_decode
from pali_tf.decoding.score import score_targets
from tests.support.tiny_pali import VOCAB_SIZE, make_batch, make_functional

LENGTH = 8
NUM_PIECES = VOCAB_SIZE - 4
MODEL = make_functional()
PARAMS = MODEL.init(jax.random.key(3))


@functools.partial(jax.jit, static_argnames="num_pieces")
def decode(batch: dict, num_pieces: int = NUM_PIECES) -> DecodeOutput:
    return MODEL.call(
        greedy_decode,
        PARAMS,
        batch["images"],
        batch["image_mask"],
        batch["encoder_input_tokens"],
        max_decode_len=LENGTH,
        num_pieces=num_pieces,
    )


def recomputed(batch: dict) -> np.ndarray:
    """Runs the whole decoder again for each position."""
    tokens = np.zeros((3, LENGTH), np.int32)
    ended = np.zeros(3, bool)
    for step in range(LENGTH):
        inputs = np.pad(tokens, ((0, 0), (1, 0)))[:, :-1]
        logits = np.array(
            MODEL.apply(PARAMS, batch | {"decoder_input_tokens": inputs})
        )[:, step]
        logits[:, 0] = -np.inf
        logits[:, NUM_PIECES:] = -np.inf
        tokens[:, step] = np.where(ended, 0, logits.argmax(-1))
        ended |= tokens[:, step] == EOS_ID
    return tokens


def with_targets(batch: dict, tokens: np.ndarray) -> dict:
    return batch | {
        "decoder_input_tokens": np.pad(tokens, ((0, 0), (1, 0)))[:, :-1],
        "decoder_target_tokens": tokens,
        "decoder_loss_weights": (tokens > 0).astype(np.float32),
    }


def test_equals_full_recomputation():
    batch = make_batch()
    np.testing.assert_array_equal(decode(batch).tokens, recomputed(batch))


def test_score_is_the_log_probability_of_the_tokens():
    batch = make_batch()
    output = decode(batch)
    scored = MODEL.call(
        score_targets, PARAMS, with_targets(batch, np.asarray(output.tokens))
    )
    np.testing.assert_allclose(output.scores, scored.scores, atol=1e-4)
    np.testing.assert_array_equal(
        scored.num_tokens, (np.asarray(output.tokens) > 0).sum(-1)
    )


def test_a_batch_gives_the_same_as_its_rows():
    batch = make_batch()
    together = np.asarray(decode(batch).tokens)
    for row in range(3):
        alone = decode({k: v[row : row + 1] for k, v in batch.items()})
        np.testing.assert_array_equal(alone.tokens[0], together[row])


def test_ids_past_the_pieces_are_never_produced():
    tokens = np.asarray(decode(make_batch(), num_pieces=5).tokens)
    assert tokens.max() < 5


def test_nothing_follows_the_end():
    # With two pieces allowed, padding excluded, only EOS is left.
    tokens = np.asarray(decode(make_batch(), num_pieces=2).tokens)
    np.testing.assert_array_equal(tokens[:, 0], EOS_ID)
    np.testing.assert_array_equal(tokens[:, 1:], 0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
