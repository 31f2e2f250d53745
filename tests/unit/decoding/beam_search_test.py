"""Beam search finds what an exhaustive search finds, and loses no time."""

import jax
import numpy as np
import pytest

from pali_tf.decoding.beam_search import NO_HYPOTHESIS, brevity_penalty
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from tests.support import beam_search_by_hand as by_hand
from tests.support.tiny_decoding import (
    EOS,
    FEATURES,
    answer,
    log_probs,
    one_row,
    score,
)
from tests.support.tiny_pali import make_batch, make_functional

pytestmark = pytest.mark.slow

BATCH = make_batch()
# EOS and four more: 85 sequences end within four tokens, 256 do not.
SMALL = {"length": 4, "num_pieces": 6}
NUM_ENDED = 85


def trimmed(tokens: np.ndarray) -> list[list[int]]:
    return [[i for i in ids if i] for ids in np.asarray(tokens).tolist()]


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_a_wide_beam_is_an_exhaustive_search(alpha):
    # 2K covers every extension of every live sequence.
    config = DecodingConfig(num_beams=256, num_return=90, alpha=alpha)
    output = answer(BATCH, config, **SMALL)
    for row in range(3):
        ended, live = by_hand.everything(BATCH, row, **SMALL)
        ended.sort(key=lambda h: -h[0] / by_hand.penalty(alpha, len(h[1])))
        # What has ended comes first; unfinished ones stand in for the rest.
        expected = ended + live[: 90 - NUM_ENDED]
        assert trimmed(output.tokens[row]) == [ids for _, ids in expected]
        np.testing.assert_allclose(
            output.scores[row], [s for s, _ in expected], atol=1e-4
        )
        ranks = [s / by_hand.penalty(alpha, len(ids)) for s, ids in expected]
        np.testing.assert_allclose(
            output.normalized_scores[row], ranks, atol=1e-4
        )


@pytest.mark.parametrize(
    ("alpha", "num_beams", "num_return"),
    [(0.0, 3, 1), (0.0, 4, 3), (0.6, 2, 2), (0.6, 3, 3), (0.6, 4, 1)],
)
def test_a_narrow_beam_keeps_what_t5x_keeps(alpha, num_beams, num_return):
    sizes = {"length": 7, "num_pieces": 7}
    config = DecodingConfig(
        num_beams=num_beams, num_return=num_return, alpha=alpha
    )
    output = answer(BATCH, config, **sizes)
    for row in range(3):
        ended, live = by_hand.search(
            BATCH, row, num_beams=num_beams, alpha=alpha, **sizes
        )
        expected = (ended + live)[:num_return]
        assert trimmed(output.tokens[row]) == [ids for _, ids in expected]
        np.testing.assert_allclose(
            output.scores[row], [s for s, _ in expected], atol=1e-4
        )


FOUR = DecodingConfig(num_beams=4, num_return=4)


def test_scores_are_those_of_a_full_recomputation():
    output = answer(BATCH, FOUR)
    for n in range(4):
        tokens = np.asarray(output.tokens[:, n])
        np.testing.assert_allclose(
            output.scores[:, n], score(BATCH, tokens), atol=1e-4
        )


def test_one_beam_is_greedy():
    # With all 64 as pieces, too: the table is its own border.
    for num_pieces in (6, 64):
        greedy = answer(BATCH, DecodingConfig(), num_pieces=num_pieces)
        tokens = np.asarray(greedy.tokens[:, 0])
        after = log_probs(BATCH, tokens)[..., 1:num_pieces]
        real = tokens > 0
        assert ((after.argmax(-1) + 1)[real] == tokens[real]).all()


def test_a_batch_gives_the_same_as_its_rows():
    together = answer(BATCH, FOUR)
    for row in range(3):
        alone = answer(one_row(BATCH, row), FOUR)
        np.testing.assert_array_equal(alone.tokens[0], together.tokens[row])


def test_stops_when_the_best_is_settled():
    # Only EOS is left to choose: one hypothesis, and no live one.
    only = answer(
        BATCH, DecodingConfig(num_beams=2, num_return=2), num_pieces=2
    )
    assert only.num_steps == 1
    assert only.tokens[:, 0, 0].tolist() == [EOS] * 3
    # The second slot holds nothing.
    np.testing.assert_array_equal(only.tokens[:, 1], 0)
    np.testing.assert_array_equal(only.scores[:, 1], np.float32(NO_HYPOTHESIS))


def test_the_fewer_are_asked_for_the_earlier_it_stops():
    steps = [
        int(
            answer(
                BATCH,
                DecodingConfig(num_beams=4, num_return=n, alpha=0.0),
                length=40,
                num_pieces=12,
            ).num_steps
        )
        for n in (1, 4)
    ]
    assert steps[0] < steps[1] < 40


def test_scanned_layers_have_caches_of_another_form():
    model = make_functional(scan_layers=True)
    params = model.init(jax.random.key(3))
    output = jax.jit(
        lambda *features: model.call(
            decode,
            params,
            *features,
            config=FOUR,
            max_decode_len=5,
            num_pieces=20,
        )
    )(*(BATCH[name] for name in FEATURES))
    apply = jax.jit(model.apply)
    for n in range(4):
        tokens = np.asarray(output.tokens[:, n])
        inputs = np.pad(tokens, ((0, 0), (1, 0)))[:, :-1]
        after = jax.nn.log_softmax(
            apply(params, BATCH | {"decoder_input_tokens": inputs})
        )
        picked = np.take_along_axis(
            np.asarray(after), tokens[..., None], axis=-1
        )[..., 0]
        np.testing.assert_allclose(
            output.scores[:, n], (picked * (tokens > 0)).sum(-1), atol=1e-4
        )


def test_brevity_penalty():
    assert brevity_penalty(0.6, 7) == pytest.approx(2**0.6)
    assert brevity_penalty(0.0, 7) == 1


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
