"""Parameter counts of every size, built without memory."""

import pytest

from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.pali.config import SIZES, get_config
from pali_tf.models.pali.model import Pali
from pali_tf.models.vit import config as vit_config

# Millions. Source: arithmetic on the towers' published shapes; the ViT's
# table in the PaLI appendix counts e/14 with its heads (3,926.4).
PALI = {
    "tiny": 2.024448,
    "3b": 3_074.0576,
    "5b": 5_036.834048,
    "15b": 14_770.645376,
    "17b": 16_733.815040,
}


def functional(name: str) -> FunctionalModel:
    def build() -> Pali:
        model = Pali(get_config(name))
        model.build()
        return model

    return FunctionalModel(build)


def millions(model: FunctionalModel, prefix: str) -> float:
    total = 0
    for path, spec in model.specs.items():
        if path.startswith(prefix):
            size = 1
            for dimension in spec.shape:
                size *= dimension
            total += size
    return total / 1e6


def test_no_size_is_missing_from_the_table():
    assert set(PALI) == set(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_total_is_exact(name: str):
    assert functional(name).num_parameters / 1e6 == pytest.approx(
        PALI[name], abs=1e-9
    )


@pytest.mark.parametrize(
    ("name", "vision", "language"),
    [("3b", 1842.8, 1229.6), ("17b", 3805.4, 12921.1)],
)
def test_towers_match_their_papers(name: str, vision: float, language: float):
    model = functional(name)
    assert millions(model, "vision/") == pytest.approx(vision, abs=0.05)
    text = sum(
        millions(model, part)
        for part in ("token_embedder/", "encoder/", "decoder/")
    )
    assert text == pytest.approx(language, abs=0.1)


@pytest.mark.parametrize("module", [vit_config, mt5_config], ids=["vit", "mt5"])
def test_every_tower_size_has_a_config(module):
    for name in module.SIZES:
        assert module.get_config(name).dtype == "float32"
    with pytest.raises(ValueError, match="not one of"):
        module.get_config("huge")


def test_float16_is_refused():
    with pytest.raises(ValueError, match="overflows in float16"):
        get_config("tiny", dtype="float16")


def test_image_size_names_its_neighbours():
    with pytest.raises(ValueError, match="nearest are 224 and 238"):
        get_config("3b", image_size=230)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
