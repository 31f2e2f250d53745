"""A checkpoint of another layout or image size fits the model."""

import dataclasses

import jax
import numpy as np
import pytest

from pali_tf.models.functional import FunctionalModel, flatten, unflatten
from pali_tf.models.layout_change import change_layout
from pali_tf.models.pali.model import Pali
from tests.support.tiny_pali import make_batch, make_config, make_functional

pytestmark = pytest.mark.slow

TABLE = "vision/position_embedding/embedding"


def make_high_resolution() -> FunctionalModel:
    config = make_config()
    config = dataclasses.replace(
        config, vision=dataclasses.replace(config.vision, image_size=32)
    )

    def build() -> Pali:
        model = Pali(config)
        model.build()
        return model

    return FunctionalModel(build)


def test_the_position_table_grows_with_the_image():
    small, large = make_functional(), make_high_resolution()
    values = flatten(small.init(jax.random.key(0)))
    fitted = change_layout(values, large.specs)
    assert fitted[TABLE].shape == (16, 16)
    assert {p for p in values if p != TABLE} == {
        p for p in values if fitted[p] is values[p]
    }
    images = np.zeros((3, 32, 32, 3), np.uint8)
    logits = large.apply(unflatten(fitted), make_batch() | {"images": images})
    assert np.all(np.isfinite(logits))


def test_only_one_tower_scanned():
    config = make_config()
    config = dataclasses.replace(
        config, language=dataclasses.replace(config.language, scan_layers=True)
    )

    def build() -> Pali:
        model = Pali(config)
        model.build()
        return model

    model = FunctionalModel(build)
    values = flatten(make_functional().init(jax.random.key(0)))
    assert change_layout(values, model.specs).keys() == model.specs.keys()


def test_a_part_of_the_tree():
    model = make_functional(scan_layers=True)
    values = flatten(make_functional().init(jax.random.key(0)))
    vision = {p: v for p, v in values.items() if p.startswith("vision/")}
    assert change_layout(vision, model.specs).keys() == {
        p for p in model.specs if p.startswith("vision/")
    }


def test_what_the_model_has_not_stays_to_be_named():
    model = make_functional()
    stray = {"encoder/layers_7/mlp/wo/kernel": np.zeros((2, 2))}
    assert change_layout(stray, model.specs).keys() == stray.keys()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
