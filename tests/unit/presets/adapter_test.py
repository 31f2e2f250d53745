"""Adapters of a preset: added, stored alone, read, merged."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.models.lora.adapters import adapters_by_path
from pali_tf.presets.model import PaliModel
from tests.support.compile_cache import compile_cache
from tests.support.tiny_preset import PROMPT, make_images, make_model

pytestmark = pytest.mark.slow

IMAGES = make_images(2)
TARGET = "two"


def train(model):
    """Gives the adapters values that matter."""
    rng = np.random.default_rng(0)
    for variable in adapters_by_path(model.network).values():
        variable.assign(rng.normal(0, 0.5, variable.shape))


def score(model):
    return model.score(IMAGES, PROMPT, TARGET)


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_model().save_to_preset(tmp_path_factory.mktemp("base") / "base")


@pytest.fixture(scope="module")
def adapted(base):
    model = PaliModel.from_preset(base)
    model.enable_lora(2)
    train(model)
    return model


def test_they_change_nothing_at_first(base):
    model = PaliModel.from_preset(base)
    before = score(model)
    paths = model.enable_lora(2)
    np.testing.assert_allclose(score(model), before, rtol=1e-6)
    assert "encoder/layers_0/attention/query/kernel" in paths
    assert "decoder/layers_1/encoder_decoder_attention/value/kernel" in paths
    assert not any(path.startswith("vision/") for path in paths)
    train(model)
    assert np.abs(score(model) - before).max() > 0.1


@pytest.mark.parametrize("storage", ["disk", "s3"], indirect=True)
def test_they_are_stored_alone_and_read(base, adapted, storage):
    path = adapted.save_adapter(f"{storage}/adapter")
    with files.local_copy(path) as copy:
        stored = load_file(copy / "adapter.safetensors")
    assert stored.keys() == adapters_by_path(adapted.network).keys()
    model = PaliModel.from_preset(base)
    model.load_adapter(path)
    np.testing.assert_array_equal(score(model), score(adapted))
    model.load_adapter(path)
    assert model.config.lora == adapted.config.lora


def test_a_preset_keeps_them(adapted, tmp_path):
    path = adapted.save_to_preset(tmp_path / "preset")
    model = PaliModel.from_preset(path)
    assert model.config.lora == adapted.config.lora
    np.testing.assert_array_equal(score(model), score(adapted))


def test_a_preset_may_have_them_merged(adapted, tmp_path):
    path = adapted.save_to_preset(tmp_path / "preset", merge_adapter=True)
    model = PaliModel.from_preset(path)
    assert model.config.lora is None
    assert not adapters_by_path(model.network)
    np.testing.assert_allclose(score(model), score(adapted), rtol=1e-5)


def test_what_was_merged_is_not_applied_again(base, adapted, tmp_path):
    adapter = adapted.save_adapter(tmp_path / "adapter")
    path = adapted.save_to_preset(tmp_path / "one", merge_adapter=True)
    model = PaliModel.from_preset(path)
    before = score(model)
    with pytest.raises(UserError, match="merged into this model"):
        model.load_adapter(adapter)
    np.testing.assert_array_equal(score(model), before)
    # Others may follow, which does not make it forget.
    model.enable_lora(2)
    train(model)
    for variable in adapters_by_path(model.network).values():
        variable.assign(variable * 2)
    path = model.save_to_preset(tmp_path / "two", merge_adapter=True)
    model = PaliModel.from_preset(path)
    assert len(model.config.merged_adapters) == 2
    with pytest.raises(UserError, match="merged into this model"):
        model.load_adapter(adapter)


def test_int8_cannot_take_them_in(base, adapted, tmp_path):
    model = PaliModel.from_preset(base)
    model.quantize()
    before = score(model)
    model.load_adapter(adapted.save_adapter(tmp_path / "adapter"))
    assert np.abs(score(model) - before).max() > 0.1
    with pytest.raises(ValueError, match="is int8: adapters are merged befo"):
        model.save_to_preset(tmp_path / "preset", merge_adapter=True)


def test_a_model_without_adapters(base, tmp_path):
    with pytest.raises(ValueError, match="no adapters: see enable_lora"):
        PaliModel.from_preset(base).save_adapter(tmp_path / "adapter")


def test_adapters_of_another_rank(base, adapted, tmp_path):
    path = adapted.save_adapter(tmp_path / "adapter")
    model = PaliModel.from_preset(base)
    model.enable_lora(3)
    with pytest.raises(ValueError, match="rank=2.*the model has .*rank=3"):
        model.load_adapter(path)
    with pytest.raises(ValueError, match="has adapters already"):
        model.enable_lora(2)


def test_adapters_of_a_model_of_other_sizes(adapted, tmp_path):
    path = adapted.save_adapter(tmp_path / "adapter")
    other = make_model(depth=1)
    with pytest.raises(ValueError, match="depth is 2, here 1"):
        other.load_adapter(path)
    assert other.config.lora is None


def test_a_folder_that_is_no_adapter(base, adapted, tmp_path):
    model = PaliModel.from_preset(base)
    with pytest.raises(FileNotFoundError, match="There is no adapter"):
        model.load_adapter(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="lacks adapter_config.json"):
        model.load_adapter(base)
    path = adapted.save_adapter(tmp_path / "adapter")
    file = path / "adapter_config.json"
    file.write_text(
        json.dumps(json.loads(file.read_text()) | {"format_version": 9})
    )
    with pytest.raises(ValueError, match="has format_version 9"):
        model.load_adapter(path)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
