"""The model that engines see, on a PaLI of two blocks a tower."""

import types

import jax
import numpy as np
import pytest

from pali_tf.training.model import PaliTrainingModel
from tests.support import tiny_pali

pytestmark = pytest.mark.slow


def make_model(**changes):
    return PaliTrainingModel(config=tiny_pali.make_config(0.1), **changes)


@pytest.fixture(scope="module")
def model():
    return make_model(loss_normalizing_factor="NUM_REAL_TARGET_TOKENS")


@pytest.fixture(scope="module")
def params(model):
    return jax.jit(model.init)(jax.random.key(0))


def test_loss_is_the_mean_of_real_tokens(model, params):
    batch = tiny_pali.make_batch()
    loss, examples = jax.jit(model.eval_fn)(params, batch)
    assert examples.cross_entropy.shape == (3,)
    np.testing.assert_array_equal(
        examples.num_tokens, batch["decoder_loss_weights"].sum(-1)
    )
    expected = examples.cross_entropy.sum() / examples.num_tokens.sum()
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_loss_agrees_with_the_score_of_the_same_targets(model, params):
    batch = tiny_pali.make_batch()
    _, examples = jax.jit(model.eval_fn)(params, batch)
    scores = jax.jit(model.score_batch)(params, batch)
    np.testing.assert_allclose(-examples.cross_entropy, scores, rtol=1e-4)


def test_dropout_is_a_function_of_its_key(model, params):
    batch = tiny_pali.make_batch()
    loss_fn = jax.jit(lambda key: model.loss_fn(params, batch, key)[0])
    first, again, other = (
        float(loss_fn(jax.random.key(seed))) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_decoded_tokens_have_the_length_asked_for(model, params):
    batch = tiny_pali.make_batch()
    tokens, aux = jax.jit(
        lambda p, b: model.predict_batch_with_aux(
            p, b, max_decode_len=4, num_pieces=60
        )
    )(params, batch)
    assert tokens.shape == (3, 4)
    assert int(tokens.max()) < 60
    assert aux["scores"].shape == (3,)


def test_frozen_parameters_take_the_precision_they_compute_in():
    config = tiny_pali.make_config(dtype="bfloat16")
    assert PaliTrainingModel(config=config).frozen_dtype == "bfloat16"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"z_loss": -1.0}, "z_loss"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"loss_normalizing_factor": "TOKENS"}, "did you mean"),
        (
            {"vocabulary": types.SimpleNamespace(vocab_size=65)},
            "65 pieces, the model's table 64 rows",
        ),
    ],
)
def test_bad_settings(changes, message):
    with pytest.raises(ValueError, match=message):
        make_model(**changes)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
