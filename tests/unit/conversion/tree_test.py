"""The declared tree against the model's own."""

import pytest

from pali_tf.conversion import tree
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.vit import config as vit_config
from pali_tf.models.vit.model import VisionClassifier
from tests.support import tiny_pali
from tests.support.random_tree import make_tree


def shapes_of(*parts):
    return {path: array.shape for path, array in make_tree(*parts).items()}


def make_classifier():
    model = VisionClassifier(tiny_pali.make_config().vision, num_classes=5)
    model.build()
    return model


@pytest.mark.parametrize(
    "build", [tiny_pali.make_pali, make_classifier], ids=["pali", "classifier"]
)
def test_the_models_tree_is_the_declared_one(build):
    specs = FunctionalModel(build).specs
    shapes = {path: spec.shape for path, spec in specs.items()}
    assert [path for path in shapes if tree.find_place(path) is None] == []
    assert tree.find_missing(shapes) == []
    assert tree.find_wrong_shapes(shapes) == {}


def test_every_part_occurs_in_a_model():
    paths = {
        path
        for build in (tiny_pali.make_pali, make_classifier)
        for path in FunctionalModel(build).specs
    }
    found = {place.part for path in paths if (place := tree.find_place(path))}
    assert found == set(tree.PARTS)


def test_one_part_alone_is_complete():
    assert tree.find_missing(shapes_of("vision")) == []


@pytest.mark.parametrize("path", sorted(shapes_of("language", "vision")))
def test_each_array_is_missed_where_it_lacks(path):
    shapes = shapes_of("language", "vision")
    del shapes[path]
    assert tree.find_missing(shapes) == [path]


def test_a_layer_in_the_middle_is_missed():
    shapes = {
        path: shape
        for path, shape in shapes_of("vision").items()
        if "layers_0" not in path
    }
    missing = tree.find_missing(shapes)
    assert missing
    assert all(path.startswith("vision/layers_0/") for path in missing)


def test_a_bias_of_the_connector_may_lack():
    assert tree.find_missing({"connector/kernel": (8, 12)}) == []


@pytest.mark.parametrize("shape", [(12, 21), (20, 12), (12,), (12, 20, 1)])
def test_a_wrong_shape_is_named_with_the_right_one(shape):
    shapes = shapes_of("language")
    path = "encoder/layers_1/mlp/wi_0/kernel"
    shapes[path] = shape
    wrong = tree.find_wrong_shapes(shapes)
    assert list(wrong) == [path]
    assert "(12, 20) [D, F]" in wrong[path]


def test_axes_are_read_off():
    axes = tree.read_axes(shapes_of("language"))
    assert axes == {"V": 37, "D": 12, "N": 2, "R": 32, "J": 10, "F": 20}


def shapes_with(part, axes, layers):
    return {
        pattern.format(layer): tuple(axes[axis] for axis in declared.split())
        for pattern, declared in tree.PARTS[part].items()
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
    shapes = shapes_with("language", axes, config.num_encoder_layers)
    found = tree.describe(shapes)["language"]
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
    shapes = shapes_with("vision", axes, config.depth)
    found = tree.describe(shapes)["vision"]
    assert found == {field: getattr(config, field) for field in found}


def test_heads_of_another_size_are_not_made_up():
    axes = {"X": 27, "Dv": 8, "P": 9, "Fv": 18}
    shapes = shapes_with("vision", axes, 2)
    assert tree.find_num_heads(shapes) is None
    found = tree.describe(shapes, num_heads=2)["vision"]
    assert found["num_heads"] == 2


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
