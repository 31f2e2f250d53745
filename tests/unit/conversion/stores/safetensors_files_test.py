"""Our safetensors against the reference library's, and damaged ones."""

import json

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from pali_tf.conversion.stores.safetensors_files import (
    INDEX_NAME,
    SafetensorsSource,
    write_safetensors,
)
from tests.support.random_tree import assert_equal, read_all, tensor_of

ARRAYS = {
    "a.weight": np.arange(35, dtype=np.float32).reshape(7, 5),
    "b": np.arange(4, dtype=np.float32).astype(ml_dtypes.bfloat16),
    "c": np.array([[[1.5]]], np.float32),
    "scalar": np.array(3.0, np.float32),
    "empty": np.zeros((0, 4), np.float32),
}


def tensors(arrays=None):
    return {k: tensor_of(v) for k, v in (arrays or ARRAYS).items()}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    write_safetensors(path, tensors(), {})
    return path


def test_the_reference_reads_what_we_write(file):
    found = safetensors.numpy.load_file(file)
    assert_equal(found, ARRAYS)


def test_we_read_what_the_reference_writes(tmp_path):
    path = tmp_path / "x.safetensors"
    arrays = {
        **ARRAYS,
        "half": np.ones(3, np.float16),
        "ints": np.arange(5),
        "flags": np.array([True, False]),
    }
    safetensors.numpy.save_file(arrays, path)
    assert_equal(read_all(SafetensorsSource(path)), arrays)


def test_a_region_is_read(file):
    part = SafetensorsSource(file).read("a.weight", (slice(2, 5), slice(1, 3)))
    np.testing.assert_array_equal(part, ARRAYS["a.weight"][2:5, 1:3])


def test_shards_have_the_index_that_transformers_reads(tmp_path):
    folder = tmp_path / "model"
    write_safetensors(folder, tensors(), {"model_type": "x"}, shard_bytes=150)
    index = json.loads((folder / INDEX_NAME).read_text())
    assert index["metadata"]["total_size"] == sum(
        array.nbytes for array in ARRAYS.values()
    )
    assert set(index["weight_map"]) == set(ARRAYS)
    shards = {
        name: array
        for file in set(index["weight_map"].values())
        for name, array in safetensors.numpy.load_file(folder / file).items()
    }
    assert_equal(shards, ARRAYS)
    assert len(set(index["weight_map"].values())) == 2
    assert json.loads((folder / "config.json").read_text()) == {
        "model_type": "x"
    }
    for path in (folder, folder / INDEX_NAME):
        assert_equal(read_all(SafetensorsSource(path)), ARRAYS)


def test_a_small_folder_is_one_file(tmp_path):
    write_safetensors(tmp_path / "model", tensors(), {})
    names = [path.name for path in (tmp_path / "model").iterdir()]
    assert names == ["model.safetensors"]


def test_a_missing_shard_is_named(tmp_path):
    folder = tmp_path / "model"
    write_safetensors(folder, tensors(), {}, shard_bytes=150)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="00002-of-00002"):
        SafetensorsSource(folder)


def test_an_array_missing_from_its_shard_is_named(tmp_path):
    folder = tmp_path / "model"
    write_safetensors(folder, tensors(), {}, shard_bytes=150)
    index = folder / INDEX_NAME
    content = json.loads(index.read_text())
    content["weight_map"]["z"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="'z' is in model-00001"):
        SafetensorsSource(folder)


@pytest.mark.parametrize("left", [0, 4, 8, 100])
def test_a_file_truncated_in_its_header_is_named(file, left):
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(ValueError, match="model.safetensors is no safetensors"):
        SafetensorsSource(file)


def test_a_file_truncated_in_its_values_is_named_with_the_array(file):
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match="truncated: 'scalar' ends at"):
        SafetensorsSource(file)


def rewrite_header(file, change):
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    encoded = json.dumps(header).encode()
    file.write_bytes(
        len(encoded).to_bytes(8, "little") + encoded + content[8 + length :]
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("shape", [7, 6], "'a.weight' has 140 bytes, its shape"),
        ("dtype", "F8_E4M3", "'a.weight' has type F8_E4M3"),
    ],
)
def test_a_header_that_contradicts_itself_is_named(file, key, value, message):
    rewrite_header(file, lambda h: h["a.weight"].__setitem__(key, value))
    with pytest.raises(ValueError, match=message):
        SafetensorsSource(file)


def test_another_kind_of_file_is_named(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"PK\x03\x04" * 100)
    with pytest.raises(ValueError, match="no safetensors file"):
        SafetensorsSource(path)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
