"""Adapters as variables of a model and as parameters of pure functions."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import FunctionalModel, flatten, unflatten
from pali_tf.models.lora.adapters import adapters_by_path, enable_lora
from pali_tf.models.lora.config import LoRAConfig
from tests.support import tiny_pali

pytestmark = pytest.mark.slow

QUERY = "encoder/layers_0/attention/query"


def make_functional(config):
    def build():
        model = tiny_pali.make_pali()
        if config is not None:
            enable_lora(model, config)
        return model

    return FunctionalModel(build)


@pytest.fixture(scope="module")
def adapted():
    return make_functional(LoRAConfig(rank=3))


@pytest.fixture(scope="module")
def params(adapted):
    return jax.jit(adapted.init)(jax.random.key(0))


def test_default_target_is_queries_and_values_of_the_language(adapted):
    owners = {
        path.rpartition("/")[0] for path in adapters_by_path(adapted.model)
    }
    attentions = [
        *(f"encoder/layers_{i}/attention" for i in range(2)),
        *(f"decoder/layers_{i}/self_attention" for i in range(2)),
        *(f"decoder/layers_{i}/encoder_decoder_attention" for i in range(2)),
    ]
    assert owners == {
        f"{a}/{n}" for a in attentions for n in ("query", "value")
    }


def test_shapes_and_logical_axes(adapted):
    a = adapted.specs[f"{QUERY}/lora_kernel_a"]
    b = adapted.specs[f"{QUERY}/lora_kernel_b"]
    assert (a.shape, a.logical_axes) == ((16, 3), ("embed", "lora_rank"))
    assert (b.shape, b.logical_axes) == ((3, 16), ("lora_rank", "joined_kv"))


def test_the_token_table_can_be_adapted():
    config = LoRAConfig(rank=2, target="token_embedder/embedding")
    specs = make_functional(config).specs
    a = specs["token_embedder/lora_embeddings_a"]
    assert (a.shape, a.logical_axes) == ((64, 2), ("vocab", "lora_rank"))


def test_init_is_a_pure_function_of_its_key(adapted, params):
    init = jax.jit(adapted.init)
    again, other = init(jax.random.key(0)), init(jax.random.key(1))
    path = f"{QUERY}/lora_kernel_a"
    flat = flatten(params)
    np.testing.assert_array_equal(flat[path], flatten(again)[path])
    assert np.abs(flat[path] - flatten(other)[path]).max() > 0.1
    # He's uniform distribution of 16 inputs; each A has its own draw.
    assert 0.3 < np.abs(flat[path]).max() <= (6 / 16) ** 0.5
    value = flat[f"{QUERY.replace('query', 'value')}/lora_kernel_a"]
    assert np.abs(flat[path] - value).max() > 0.1


def test_the_base_is_drawn_as_without_adapters(params):
    base = jax.jit(make_functional(None).init)(jax.random.key(0))
    flat = flatten(params)
    for path, value in flatten(base).items():
        np.testing.assert_array_equal(flat[path], value, path)


def test_they_change_nothing_at_first(adapted, params):
    base = make_functional(None)
    batch = tiny_pali.make_batch()
    flat = flatten(params)
    alone = {path: flat[path] for path in base.specs}
    np.testing.assert_allclose(
        jax.jit(adapted.apply)(params, batch),
        jax.jit(base.apply)(unflatten(alone), batch),
        rtol=1e-5,
        atol=1e-5,
    )


def test_values_without_a_key_follow_from_the_seed():
    def drawn(seed):
        model = tiny_pali.make_pali(depth=1)
        enable_lora(model, LoRAConfig(rank=2), seed=seed)
        path = f"{QUERY}/lora_kernel_a"
        return np.asarray(adapters_by_path(model)[path])

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert np.abs(drawn(1) - drawn(2)).max() > 0.1


@pytest.mark.parametrize(
    "fields,message",
    [
        ({"rank": 0}, "rank is 0, below 1"),
        ({"rank": 1, "target": "("}, "is not a regular expression"),
    ],
)
def test_a_config_that_cannot_be(fields, message):
    with pytest.raises(ValueError, match=message):
        LoRAConfig(**fields)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
