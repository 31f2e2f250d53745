"""Draws have the distribution asked for, and stay inside its likely part."""

import numpy as np
import pytest

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.random_draws import fold_in
from pali_tf.decoding.sampling import keep_nucleus, make_sampler
from tests.support.tiny_decoding import PAD, answer, one_row, score
from tests.support.tiny_pali import make_batch

pytestmark = pytest.mark.slow

PROBABILITIES = np.array([0.05, 0.4, 0.02, 0.3, 0.0, 0.23])
NUM = 50_000


def draw(position: int = 0, **fields: object) -> np.ndarray:
    """int[NUM], one draw a row from PROBABILITIES."""
    with np.errstate(divide="ignore"):
        logits = np.log(PROBABILITIES).astype(np.float32) + 3
    logits = np.maximum(logits, -1e30)
    sample = make_sampler(
        fold_in(np.uint32(1), np.arange(NUM)), DecodingConfig(**fields)
    )
    rows = np.broadcast_to(logits, (NUM, len(logits)))
    return np.asarray(sample(rows, np.int32(position)))


def assert_distribution(draws: np.ndarray, expected: np.ndarray) -> None:
    shares = np.bincount(draws, minlength=len(expected)) / len(draws)
    # Five standard deviations of a share; 0 where nothing may be drawn.
    bound = 5 * np.sqrt(expected * (1 - expected) / len(draws))
    assert (np.abs(shares - expected) <= bound).all(), (shares, expected)


def normalized(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def test_one_step_has_the_distribution_of_the_model():
    assert_distribution(draw(temperature=1.0), PROBABILITIES)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature(temperature):
    expected = normalized(PROBABILITIES ** (1 / temperature))
    assert_distribution(draw(temperature=temperature), expected)


def test_top_k():
    expected = normalized(np.where(PROBABILITIES >= 0.3, PROBABILITIES, 0))
    assert_distribution(draw(temperature=1.0, top_k=2), expected)


def test_top_p():
    # 0.4 + 0.3 is short of 0.75; with 0.23 it is reached.
    expected = normalized(np.where(PROBABILITIES >= 0.23, PROBABILITIES, 0))
    assert_distribution(draw(temperature=1.0, top_p=0.75), expected)


def test_top_p_is_of_what_top_k_leaves():
    # Of 0.4 and 0.3, renormalised, the first holds 0.57.
    draws = draw(temperature=1.0, top_k=2, top_p=0.5)
    assert set(draws.tolist()) == {1}


@pytest.mark.parametrize("fields", [{"top_k": 6}, {"top_p": 1.0}])
def test_leaving_nothing_out_draws_the_same(fields):
    np.testing.assert_array_equal(
        draw(temperature=1.0), draw(temperature=1.0, **fields)
    )


def test_positions_draw_for_themselves():
    first, second = draw(0, temperature=1.0), draw(1, temperature=1.0)
    agreement = (first == second).mean()
    assert agreement == pytest.approx((PROBABILITIES**2).sum(), abs=0.02)


@pytest.mark.parametrize("top_p", [0.01, 0.3, 0.9, 0.999])
def test_the_nucleus_is_that_of_a_sort(top_p):
    logits = np.random.default_rng(0).normal(size=(20, 1000)) * 3
    logits = logits.astype(np.float32)
    kept = np.asarray(keep_nucleus(logits, top_p)) > -1e29
    probabilities = np.exp(logits.astype(np.float64))
    probabilities /= probabilities.sum(-1, keepdims=True)
    for row in range(20):
        order = np.argsort(-probabilities[row])
        number = kept[row].sum()
        assert set(np.flatnonzero(kept[row])) == set(order[:number])
        shares = np.cumsum(probabilities[row][order])
        # The fewest that reach it, but for the rounding of a float32 sum.
        assert shares[number - 1] >= top_p - 1e-6
        assert number == 1 or shares[number - 2] < top_p + 1e-6


def test_the_docstrings_example():
    logits = np.log(np.array([[0.5, 0.3, 0.2]], np.float32))
    kept = np.asarray(keep_nucleus(logits, 0.7)) > -1e29
    assert kept.tolist() == [[True, True, False]]


SAMPLING = DecodingConfig(temperature=1.0, seed=5)


def test_the_same_seed_gives_the_same_text():
    batch = make_batch()
    first = np.asarray(answer(batch, SAMPLING, seed=8).tokens)
    np.testing.assert_array_equal(answer(batch, SAMPLING, seed=8).tokens, first)
    other = np.asarray(answer(batch, SAMPLING, seed=6).tokens)
    assert (first != other).any(axis=(1, 2)).all()


def test_the_seed_of_the_configuration_is_the_default():
    batch = make_batch()
    np.testing.assert_array_equal(
        answer(batch, SAMPLING).tokens,
        answer(batch, SAMPLING, seed=SAMPLING.seed).tokens,
    )


def test_a_batch_gives_the_same_as_its_rows():
    batch = make_batch()
    together = np.asarray(answer(batch, SAMPLING).tokens)
    for row in range(3):
        alone = answer(one_row(batch, row), SAMPLING)
        np.testing.assert_array_equal(alone.tokens[0], together[row])


def test_top_1_is_greedy():
    batch = make_batch()
    np.testing.assert_array_equal(
        answer(batch, DecodingConfig(temperature=1.0, top_k=1)).tokens,
        answer(batch, DecodingConfig()).tokens,
    )


def test_samples_of_an_example_differ_and_come_best_first():
    batch = make_batch()
    config = DecodingConfig(temperature=2.0, num_return=4)
    output = answer(batch, config)
    tokens, scores = np.asarray(output.tokens), np.asarray(output.scores)
    for row in range(3):
        assert len({tuple(ids) for ids in tokens[row].tolist()}) == 4
    assert (np.diff(scores, axis=1) <= 0).all()
    # Under the model, whatever the temperature.
    for sample in range(4):
        np.testing.assert_allclose(
            scores[:, sample], score(batch, tokens[:, sample]), atol=1e-4
        )


def test_what_is_not_allowed_is_not_sampled():
    hot = DecodingConfig(temperature=100.0, num_return=20)
    tokens = np.asarray(answer(make_batch(), hot, num_pieces=5).tokens)
    assert tokens.max() < 5
    # Padding only after the end.
    ended = np.cumsum(tokens == 1, axis=-1) - (tokens == 1)
    np.testing.assert_array_equal(tokens == PAD, ended > 0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
