"""config.json: there and back, and what it says when it is wrong."""

import dataclasses
import json

import pytest

from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.pali.config import get_config
from pali_tf.models.quantization import QuantizationConfig
from pali_tf.presets.config import PresetConfig, from_json, to_json

CONFIG = PresetConfig(
    model=get_config("tiny", image_size=128, dtype="bfloat16"),
    prompt_length=40,
    text_length=24,
    lora=LoRAConfig(rank=4),
    quantization=QuantizationConfig(),
)


def as_read(**changes):
    return json.loads(json.dumps(to_json(CONFIG))) | changes


@pytest.mark.parametrize("size", ["tiny", "3b", "17b"])
def test_there_and_back(size):
    config = dataclasses.replace(CONFIG, model=get_config(size))
    assert from_json(json.loads(json.dumps(to_json(config))), "f") == config


def test_it_is_always_unrolled():
    scanned = get_config("tiny", scan_layers=True, remat_policy="full")
    config = dataclasses.replace(CONFIG, model=scanned)
    assert config.model == scanned.unrolled()
    assert "scan_layers" not in to_json(config)["model"]["vision"]


def test_an_unknown_field_names_the_nearest():
    with pytest.raises(ValueError, match=r"'prompt_lenght'.*'prompt_length'"):
        from_json(as_read(prompt_lenght=3), "folder/config.json")


def test_an_unknown_field_of_a_tower_says_where():
    wrong = as_read()
    wrong["model"]["vision"]["widht"] = 3
    with pytest.raises(
        ValueError, match=r"model: vision has .*'widht'.*'width"
    ):
        from_json(wrong, "config.json")


def test_a_missing_field():
    wrong = as_read()
    del wrong["text_length"]
    with pytest.raises(ValueError, match="config.json lacks .*'text_length'"):
        from_json(wrong, "config.json")


def test_a_field_of_another_type():
    with pytest.raises(ValueError, match="text_length is '9', not int"):
        from_json(as_read(text_length="9"), "config.json")


def test_a_value_that_cannot_be():
    wrong = as_read()
    wrong["model"]["vision"]["image_size"] = 70
    with pytest.raises(ValueError, match="70 is not a multiple of patch_size"):
        from_json(wrong, "config.json")


def test_another_version():
    with pytest.raises(ValueError, match="format_version 2; this .* reads 1"):
        from_json(as_read(format_version=2), "config.json")


def test_another_kind_of_config():
    with pytest.raises(ValueError, match="model_type is 'mt5'.*save-preset"):
        from_json({"model_type": "mt5"}, "config.json")


def test_adjusted():
    adjusted = CONFIG.adjusted(image_size=64, dtype="float32")
    assert adjusted.model.vision.image_size == 64
    assert adjusted.model.language.dtype == "float32"
    assert CONFIG.adjusted() == CONFIG


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
