import jax.numpy as jnp
import pytest

from pali_tf.models.stacking import stack_layers
from pali_tf.visual_tokens.digest import vision_digest


@pytest.fixture
def parameters(rng):
    shapes = {
        "vision/layers_0/mlp/kernel": (3, 4),
        "vision/layers_1/mlp/kernel": (3, 4),
        "vision/encoder_norm/scale": (3,),
        "encoder/scale": (5,),
    }
    return {
        path: jnp.asarray(rng.normal(size=shape), jnp.float32)
        for path, shape in shapes.items()
    }


def test_precision_layout_order_and_the_language_part_do_not_count(parameters):
    digest = vision_digest(parameters)
    halved = {k: v.astype(jnp.bfloat16) for k, v in parameters.items()}
    turned = dict(reversed(parameters.items()))
    assert len(digest) == 64
    assert vision_digest(halved) == digest
    assert vision_digest(turned) == digest
    assert vision_digest(stack_layers(parameters)) == digest
    assert vision_digest(parameters | {"encoder/scale": jnp.ones(5)}) == digest


def test_a_number_a_shape_and_a_name_count(parameters):
    path = "vision/encoder_norm/scale"
    value = parameters[path]
    changed = [
        parameters | {path: value.at[1].multiply(1.01)},
        parameters | {path: value[None]},
        {k.replace("encoder_norm", "norm"): v for k, v in parameters.items()},
    ]
    digests = {vision_digest(p) for p in (parameters, *changed)}
    assert len(digests) == 4


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
