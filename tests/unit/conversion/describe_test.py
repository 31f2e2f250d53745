"""The sizes of a model come out of its shapes."""

import pytest

from pali_tf.conversion import describe
from pali_tf.conversion.tree import PARTS
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.vit import config as vit_config


def shapes_of(part, axes, layers):
    return {
        pattern.format(layer): tuple(axes[axis] for axis in declared.split())
        for pattern, declared in PARTS[part].items()
        for layer in range(layers if "{}" in pattern else 1)
    }


@pytest.mark.parametrize("name", mt5_config.SIZES)
def test_fields_of_mt5_are_read_off(name):
    config = mt5_config.get_config(name)
    axes = {
        "V": config.vocab_size,
        "D": config.emb_dim,
        "J": config.num_heads * config.head_dim,
        "N": config.num_heads,
        "R": config.num_buckets,
        "F": config.mlp_dim,
    }
    shapes = shapes_of("language", axes, config.num_encoder_layers)
    found = describe.describe(shapes)["language"]
    assert found == {field: getattr(config, field) for field in found}


@pytest.mark.parametrize("name", vit_config.SIZES)
def test_fields_of_the_vit_are_read_off_and_heads_looked_up(name):
    config = vit_config.get_config(name)
    axes = {
        "X": config.patch_size**2 * 3,
        "Dv": config.width,
        "P": config.num_patches,
        "Fv": config.mlp_dim,
    }
    shapes = shapes_of("vision", axes, config.depth)
    found = describe.describe(shapes)["vision"]
    assert found == {field: getattr(config, field) for field in found}


def test_heads_of_another_size_are_not_made_up():
    axes = {"X": 27, "Dv": 8, "P": 9, "Fv": 18}
    shapes = shapes_of("vision", axes, 2)
    assert describe.find_num_heads(shapes) is None
    found = describe.describe(shapes, num_heads=2)["vision"]
    assert found["num_heads"] == 2


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
