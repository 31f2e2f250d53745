"""Unrolled and scanned towers are the same towers."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import FunctionalModel, flatten, unflatten
from pali_tf.models.layout_change import change_layout
from tests.support.tiny_pali import make_batch, make_functional

pytestmark = pytest.mark.slow

DEPTH = 4
UNROLLED = make_functional(depth=DEPTH)
SCANNED = make_functional(depth=DEPTH, scan_layers=True)
PARAMS = UNROLLED.init(jax.random.key(0))
STACKED = unflatten(change_layout(flatten(PARAMS), SCANNED.specs))
BATCH = make_batch()


def gradients(model: FunctionalModel, params):
    def loss(params):
        return (model.apply(params, BATCH) ** 2).mean()

    return flatten(jax.jit(jax.grad(loss))(params))


def assert_close(actual, expected):
    assert actual.keys() == expected.keys()
    for path, value in expected.items():
        np.testing.assert_allclose(
            actual[path], value, rtol=1e-4, atol=1e-6, err_msg=path
        )


def test_scanned_parameters_lead_with_the_layers():
    path = "decoder/layers/encoder_decoder_attention/query/kernel"
    assert SCANNED.specs[path].shape == (DEPTH, 16, 16)
    assert SCANNED.specs[path].logical_axes == ("layers", "embed", "joined_kv")
    assert not any("layers_" in path for path in SCANNED.specs)
    assert SCANNED.num_parameters == UNROLLED.num_parameters


def test_the_same_outputs():
    np.testing.assert_allclose(
        jax.jit(SCANNED.apply)(STACKED, BATCH),
        jax.jit(UNROLLED.apply)(PARAMS, BATCH),
        atol=1e-5,
    )


def test_the_same_values_are_drawn():
    assert_close(
        flatten(SCANNED.init(jax.random.key(0))),
        flatten(STACKED),
    )


@pytest.mark.parametrize(
    ("scan_layers", "remat_policy"),
    [(False, "full"), (True, "block"), (True, "full")],
)
def test_rematerialised_gradients_are_the_same(scan_layers, remat_policy):
    model = make_functional(
        depth=DEPTH, scan_layers=scan_layers, remat_policy=remat_policy
    )
    params = STACKED if scan_layers else PARAMS
    expected = change_layout(gradients(UNROLLED, PARAMS), model.specs)
    assert_close(gradients(model, params), expected)


def test_each_policy_keeps_less():
    # Enough examples that the activations outweigh the parameters.
    batch = {name: np.repeat(value, 32, 0) for name, value in BATCH.items()}

    def kept(remat_policy: str) -> int:
        model = make_functional(
            depth=16, scan_layers=True, remat_policy=remat_policy
        )

        def loss(params):
            return (model.apply(params, batch) ** 2).mean()

        step = jax.jit(jax.grad(loss)).lower(
            jax.eval_shape(model.init, jax.random.key(0))
        )
        return step.compile().memory_analysis().temp_size_in_bytes

    nothing, block, full = map(kept, ("none", "block", "full"))
    assert full < block < nothing


@pytest.mark.parametrize("remat_policy", ["none", "full"])
def test_dropout_of_a_scanned_tower_follows_the_key(remat_policy):
    model = make_functional(
        dropout_rate=0.5, scan_layers=True, remat_policy=remat_policy
    )
    params = model.init(jax.random.key(0))

    @jax.jit
    def run(seed: int) -> jax.Array:
        return model.apply(
            params, BATCH, rng=jax.random.key(seed), training=True
        )

    np.testing.assert_array_equal(run(1), run(1))
    assert np.any(np.asarray(run(1)) != np.asarray(run(2)))


def test_a_program_of_one_block():
    def size(**config) -> int:
        model = make_functional(**config)
        lowered = jax.jit(model.apply).lower(
            jax.eval_shape(model.init, jax.random.key(0)), BATCH
        )
        return len(lowered.as_text())

    assert size(depth=16, scan_layers=True) < 1.1 * size(
        depth=2, scan_layers=True
    )
    assert size(depth=16) > 3 * size(depth=2)


def test_an_unknown_policy_is_an_error():
    with pytest.raises(ValueError, match="'blocks', not one of"):
        make_functional(remat_policy="blocks")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
