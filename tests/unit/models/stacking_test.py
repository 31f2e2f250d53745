"""From one layout of a tower to the other."""

import jax.numpy as jnp
import numpy as np
import pytest

from pali_tf.models.stacking import stack_layers, unstack_layers

UNROLLED = {
    "encoder/layers_0/mlp/wo/kernel": np.zeros((2, 3)),
    "encoder/layers_1/mlp/wo/kernel": np.ones((2, 3)),
    "encoder/encoder_norm/scale": np.ones(3),
}


def test_there_and_back():
    stacked = stack_layers(UNROLLED)
    assert {path: value.shape for path, value in stacked.items()} == {
        "encoder/encoder_norm/scale": (3,),
        "encoder/layers/mlp/wo/kernel": (2, 2, 3),
    }
    again = unstack_layers(stacked)
    assert again.keys() == UNROLLED.keys()
    for path, value in UNROLLED.items():
        np.testing.assert_array_equal(again[path], value)


def test_blocks_of_numpy_arrays_are_views():
    stacked = stack_layers(UNROLLED)
    block = unstack_layers(stacked)["encoder/layers_1/mlp/wo/kernel"]
    assert np.shares_memory(block, stacked["encoder/layers/mlp/wo/kernel"])


def test_arrays_of_jax_stay_on_their_device():
    values = {path: jnp.asarray(value) for path, value in UNROLLED.items()}
    stacked = stack_layers(values)["encoder/layers/mlp/wo/kernel"]
    assert isinstance(stacked, jnp.ndarray)


def test_order_is_by_number():
    values = {f"layers_{i}/scale": np.full(1, i) for i in (10, 2, 0, 1)}
    values |= {f"layers_{i}/scale": np.full(1, i) for i in range(3, 10)}
    stacked = stack_layers(values)["layers/scale"]
    np.testing.assert_array_equal(stacked[:, 0], np.arange(11))


def test_a_missing_block_is_named():
    values = {"layers_0/scale": np.ones(1), "layers_2/scale": np.ones(1)}
    with pytest.raises(ValueError, match="block 1 is missing"):
        stack_layers(values)


def test_what_has_the_layout_stays():
    assert stack_layers(stack_layers(UNROLLED)).keys() == (
        stack_layers(UNROLLED).keys()
    )
    assert unstack_layers(UNROLLED).keys() == UNROLLED.keys()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
