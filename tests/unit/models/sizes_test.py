"""Parameter counts of every size, exact, built without memory."""

import functools
import math

import pytest

from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali import config as pali_config
from pali_tf.models.pali.config import PaliConfig, get_config
from pali_tf.models.pali.model import Pali
from pali_tf.models.vit import config as vit_config
from pali_tf.models.vit.config import ViTConfig
from pali_tf.models.vit.model import VisionClassifier

# The tower up to its tokens, at 224 pixels (tiny: 64).
# Source: PaLI appendix, table "ViT-e architecture details": g 1011M, G 1843M.
VIT = {
    "tiny": 695_552,
    "B/16": 85_797_120,
    "L/16": 303_299_584,
    "So400m/14": 412_442_352,
    "g/14": 1_011_199_616,
    "G/14": 1_842_772_352,
    "e/14": 3_805_417_728,
}
# Source: numel of google/mt5-<size> as Hugging Face publishes them.
MT5 = {
    "tiny": 1_312_512,
    "small": 300_176_768,
    "base": 582_401_280,
    "large": 1_229_581_312,
    "xl": 3_742_619_648,
    "xxl": 12_921_057_280,
}
# The two towers and the projection between their widths.
PALI = {
    "tiny": 2_024_448,
    "3b": 3_074_057_600,
    "5b": 5_036_834_048,
    "15b": 14_770_645_376,
    "17b": 16_733_815_040,
}
# Of JFT-3B. Source: Scaling Vision Transformers (2106.04560), appendix C.
JFT_CLASSES = 29_593


def count(model: FunctionalModel, *prefixes: str) -> int:
    return sum(
        math.prod(spec.shape)
        for path, spec in model.specs.items()
        if path.startswith(prefixes)
    )


@functools.cache
def pali(config: PaliConfig) -> FunctionalModel:
    def build() -> Pali:
        model = Pali(config)
        model.build()
        return model

    return FunctionalModel(build)


def with_tiny(
    *, vision: ViTConfig | None = None, language: MT5Config | None = None
) -> FunctionalModel:
    """One tower of interest, the other tiny."""
    return pali(
        PaliConfig(
            vision=vision or vit_config.get_config("tiny", image_size=64),
            language=language or mt5_config.get_config("tiny"),
        )
    )


@pytest.mark.parametrize(
    ("table", "module"),
    [(VIT, vit_config), (MT5, mt5_config), (PALI, pali_config)],
    ids=["vit", "mt5", "pali"],
)
def test_no_size_is_missing_from_the_tables(table, module):
    assert set(table) == set(module.SIZES)
    with pytest.raises(ValueError, match=r"no .* 'huge'(; did|\. Known: )"):
        module.get_config("huge")


@pytest.mark.parametrize("name", VIT)
def test_vit(name: str):
    size = {"image_size": 64} if name == "tiny" else {}
    config = vit_config.get_config(name, **size)
    assert count(with_tiny(vision=config), "vision/") == VIT[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", MT5)
def test_mt5(name: str):
    model = with_tiny(language=mt5_config.get_config(name))
    parts = ("token_embedder/", "encoder/", "decoder/")
    assert count(model, *parts) == MT5[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", PALI)
def test_pali(name: str):
    config = get_config(name)
    assert pali(config).num_parameters == PALI[name]
    vision, language = {
        "tiny": ("tiny", "tiny"),
        "3b": ("G/14", "large"),
        "5b": ("e/14", "large"),
        "15b": ("G/14", "xxl"),
        "17b": ("e/14", "xxl"),
    }[name]
    connector = config.vision.width * config.language.emb_dim
    total = VIT[vision] + MT5[language] + connector
    assert total == PALI[name]


def test_vit_e_with_its_heads_is_that_of_the_paper():
    # The table's 3926M holds the MAP head and the classifier.
    def build() -> VisionClassifier:
        model = VisionClassifier(vit_config.get_config("e/14"), JFT_CLASSES)
        model.build()
        return model

    model = FunctionalModel(build)
    assert count(model, "vision/") == VIT["e/14"]
    assert count(model, "map_head/") == 67_924_992
    assert model.num_parameters == 3_926_402_969


def test_float16_is_refused():
    with pytest.raises(ValueError, match="overflows in float16"):
        get_config("tiny", dtype="float16")


def test_image_size_names_its_neighbours():
    with pytest.raises(ValueError, match="nearest are 224 and 238"):
        get_config("3b", image_size=230)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
