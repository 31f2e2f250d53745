"""FunctionalModel: pure, complete, strict."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten, unflatten
from tests.support.tiny_pali import make_batch, make_functional

pytestmark = pytest.mark.slow

MODEL = make_functional()
PARAMS = MODEL.init(jax.random.key(0))


def test_init_depends_on_the_key_alone():
    again = MODEL.init(jax.random.key(0))
    other = MODEL.init(jax.random.key(1))
    path = "encoder/layers_0/mlp/wi_0/kernel"
    np.testing.assert_array_equal(flatten(PARAMS)[path], flatten(again)[path])
    assert np.any(flatten(PARAMS)[path] != flatten(other)[path])


def test_init_is_the_same_under_jit():
    jitted = jax.jit(MODEL.init)(jax.random.key(0))
    for path, value in flatten(PARAMS).items():
        np.testing.assert_allclose(
            value, flatten(jitted)[path], rtol=1e-5, atol=1e-7, err_msg=path
        )


def test_each_parameter_is_drawn_apart():
    flat = flatten(PARAMS)
    a = flat["encoder/layers_0/attention/key/kernel"]
    b = flat["encoder/layers_1/attention/key/kernel"]
    assert np.any(np.asarray(a) != np.asarray(b))


def test_language_paths_are_those_of_t5x():
    paths = MODEL.specs.keys()
    for path in (
        "token_embedder/embedding",
        "encoder/relpos_bias/rel_embedding",
        "encoder/layers_0/pre_attention_layer_norm/scale",
        "encoder/layers_1/attention/query/kernel",
        "encoder/encoder_norm/scale",
        "decoder/layers_0/pre_cross_attention_layer_norm/scale",
        "decoder/layers_0/encoder_decoder_attention/out/kernel",
        "decoder/layers_1/mlp/wi_1/kernel",
        "decoder/decoder_norm/scale",
        "decoder/logits_dense/kernel",
    ):
        assert path in paths


def test_missing_parameter_is_named():
    flat = flatten(PARAMS)
    del flat["connector/kernel"]
    with pytest.raises(ValueError, match="connector/kernel"):
        MODEL.apply(unflatten(flat), make_batch())


def test_dropout_follows_the_key():
    model = make_functional(dropout_rate=0.5)
    params = model.init(jax.random.key(0))
    batch = make_batch()

    def run(seed: int) -> jax.Array:
        return model.apply(
            params, batch, rng=jax.random.key(seed), training=True
        )

    np.testing.assert_array_equal(run(1), run(1))
    assert np.any(np.asarray(run(1)) != np.asarray(run(2)))


def test_text_only_example_ignores_its_image():
    batch = make_batch() | {"image_mask": np.zeros(3, bool)}
    other = batch | {"images": 255 - batch["images"]}
    np.testing.assert_allclose(
        MODEL.apply(PARAMS, batch), MODEL.apply(PARAMS, other), atol=1e-6
    )


def test_image_matters_where_there_is_one():
    batch = make_batch()
    other = batch | {"images": 255 - batch["images"]}
    change = np.abs(
        np.asarray(MODEL.apply(PARAMS, batch) - MODEL.apply(PARAMS, other))
    ).max(axis=(1, 2))
    np.testing.assert_array_equal(change > 1e-3, batch["image_mask"])


def test_padding_changes_nothing():
    batch = make_batch()
    longer = batch | {
        "encoder_input_tokens": np.pad(
            batch["encoder_input_tokens"], ((0, 0), (0, 5))
        )
    }
    np.testing.assert_allclose(
        MODEL.apply(PARAMS, batch), MODEL.apply(PARAMS, longer), atol=1e-5
    )


def test_flatten_and_unflatten_are_inverse():
    tree = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert unflatten(flatten(tree)) == tree


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
