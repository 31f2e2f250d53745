"""The folder: whole or not at all, and what is said when it is not."""

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.presets import folder
from pali_tf.presets.model import PaliModel
from tests.support.tiny_preset import make_model


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture
def preset(model, tmp_path):
    return model.save_to_preset(tmp_path / "preset")


def values(model):
    return {
        path: np.asarray(v)
        for path, v in parameters_by_path(model.network).items()
    }


def assert_equal(found, expected):
    assert values(found).keys() == values(expected).keys()
    for path, value in values(found).items():
        np.testing.assert_array_equal(value, values(expected)[path], path)


@pytest.mark.slow
def test_there_and_back(model, preset):
    assert {p.name for p in preset.iterdir()} == {
        "config.json",
        "model.safetensors",
        "sentencepiece.model",
    }
    found = PaliModel.from_preset(preset)
    assert found.config == model.config
    assert_equal(found, model)


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_bucket_holds_a_preset(model, storage):
    path = model.save_to_preset(f"{storage}/preset", shard_bytes=100_000)
    assert str(path) == f"{storage}/preset"
    assert_equal(PaliModel.from_preset(str(path)), model)
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        model.save_to_preset(path)
    with pytest.raises(FileNotFoundError, match="did you mean 'preset'"):
        PaliModel.from_preset(f"{storage}/preser")


def test_the_arrays_have_our_paths_and_others_read_them(model, preset):
    stored = load_file(preset / "model.safetensors")
    assert stored.keys() == values(model).keys()
    assert "encoder/layers_1/mlp/wi_0/kernel" in stored


def test_shards(model, tmp_path):
    path = model.save_to_preset(tmp_path / "preset", shard_bytes=20_000)
    assert (path / "model.safetensors.index.json").is_file()
    assert len(list(path.glob("model-*.safetensors"))) > 2
    assert_equal(PaliModel.from_preset(path), model)
    next(path.glob("model-00002-*")).unlink()
    with pytest.raises(FileNotFoundError, match="not there: model-00002"):
        PaliModel.from_preset(path)


def test_another_image_size_resizes_the_position_table(preset):
    found = PaliModel.from_preset(preset, image_size=32, dtype="bfloat16")
    assert found.config.model.vision.image_size == 32
    assert found.network.vision.position_embedding.embedding.shape == (16, 16)
    assert found.network.compute_dtype == "bfloat16"


def test_an_image_size_that_cannot_be(preset):
    with pytest.raises(ValueError, match="multiple of patch_size 8; the near"):
        PaliModel.from_preset(preset, image_size=20)


def test_nothing_is_overwritten(model, preset):
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        model.save_to_preset(preset)


def test_an_interrupted_write_leaves_nothing(model, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "write_safetensors", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.save_to_preset(tmp_path / "preset")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(preset):
    with pytest.raises(FileNotFoundError, match="preset2; did you mean 'pres"):
        PaliModel.from_preset(preset.with_name("preset2"))


@pytest.mark.parametrize("name", [folder.CONFIG, folder.WEIGHTS])
def test_a_file_that_is_not_there(preset, name):
    (preset / name).rename(preset / f"{name}.old")
    with pytest.raises(FileNotFoundError, match=f"lacks {name}.*{name}.old"):
        PaliModel.from_preset(preset)


def test_a_config_that_is_no_json(preset):
    (preset / folder.CONFIG).write_text("{")
    with pytest.raises(ValueError, match="config.json is no JSON"):
        PaliModel.from_preset(preset)


def test_a_vocabulary_that_is_none(preset):
    (preset / folder.VOCABULARY).write_bytes(b"text")
    with pytest.raises(ValueError, match="sentencepiece.model: .* no Sentence"):
        PaliModel.from_preset(preset)


def change_arrays(preset, change):
    file = preset / folder.WEIGHTS
    arrays = load_file(file)
    change(arrays)
    save_file(arrays, file)


def test_an_array_of_another_shape(preset):
    change_arrays(
        preset, lambda x: x.update({"connector/kernel": np.zeros((16, 8), "f")})
    )
    with pytest.raises(
        ValueError,
        match=r"model.safetensors: 'connector/kern"
        r"el' has shape \(16, 8\), the model's is \(16, 16\)",
    ):
        PaliModel.from_preset(preset)


def test_an_array_of_another_name(preset):
    change_arrays(preset, lambda x: x.update(kernel=x.pop("connector/kernel")))
    with pytest.raises(ValueError, match="lacks 1 of .*'connector/kernel'"):
        PaliModel.from_preset(preset)


def test_an_array_too_many(preset):
    change_arrays(
        preset, lambda x: x.update({"connector/bias": np.zeros(16, "f")})
    )
    with pytest.raises(ValueError, match="'connector/bias', which the model"):
        PaliModel.from_preset(preset)


def test_an_array_that_is_int8_where_the_config_says_float(preset):
    change_arrays(
        preset,
        lambda x: x.update({"connector/kernel": np.zeros((16, 16), "int8")}),
    )
    with pytest.raises(ValueError, match="is int8, the model's is float32"):
        PaliModel.from_preset(preset)


def test_a_truncated_file(preset):
    file = preset / folder.WEIGHTS
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="model.safetensors is truncated"):
        PaliModel.from_preset(preset)


def test_a_vocabulary_larger_than_the_table(model):
    sizes = model.config.model
    sizes = dataclasses.replace(
        sizes, language=dataclasses.replace(sizes.language, vocab_size=20)
    )
    config = dataclasses.replace(model.config, model=sizes)
    with pytest.raises(ValueError, match="pieces, the model's table 20 rows"):
        PaliModel(model.network, model.tokenizer, config)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
