"""Checkpoints that T5X itself saved in its own layout."""

import shutil

import ml_dtypes
import msgpack
import numpy as np
import pytest

from pali_tf.conversion.stores.t5x_legacy import T5XSource, write_t5x
from tests.support import t5x_checkpoints
from tests.support.random_tree import (
    assert_equal,
    make_tree,
    read_all,
    tensor_of,
)

KERNEL = "encoder/layers_1/mlp/wo/kernel"
FOLDER = "target.encoder.layers_1.mlp.wo.kernel"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("t5x")
    return t5x_checkpoints.unpack(folder, "unscanned", "legacy")


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "checkpoint_7")


@pytest.mark.parametrize("layout", ["unscanned", "scanned"])
def test_we_read_what_t5x_saved(tmp_path, layout):
    path = t5x_checkpoints.unpack(tmp_path, layout, "legacy")
    found = read_all(T5XSource(path))
    assert_equal(found, t5x_checkpoints.parameters(layout))


def test_the_optimizers_state_is_noted_and_not_read(saved):
    source = T5XSource(saved)
    assert not any("param_states" in name for name in source.infos)
    assert source.note.startswith("Not read: the optimizer's state, ")


def test_a_region_is_read(saved):
    part = T5XSource(saved).read(KERNEL, (slice(2, 5), slice(1, 3)))
    whole = t5x_checkpoints.parameters("unscanned")[KERNEL]
    np.testing.assert_array_equal(part, whole[2:5, 1:3])


def test_what_we_write_comes_back(tmp_path):
    tree = make_tree("language")
    tree[KERNEL] = tree[KERNEL].astype(ml_dtypes.bfloat16)
    tensors = {path: tensor_of(array) for path, array in tree.items()}
    write_t5x(tmp_path / "checkpoint_0", tensors, {})
    assert_equal(read_all(T5XSource(tmp_path / "checkpoint_0")), tree)


def rewrite_index(path, change):
    index = path / "checkpoint"
    content = msgpack.unpackb(index.read_bytes())
    change(content["optimizer"]["target"]["encoder"]["layers_1"]["mlp"]["wo"])
    index.write_bytes(msgpack.packb(content))


def test_an_array_inside_the_index_is_read(copy):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    packed = msgpack.packb((array.shape, "float32", array.tobytes()))
    rewrite_index(
        copy, lambda node: node.update(kernel=msgpack.ExtType(1, packed))
    )
    np.testing.assert_array_equal(read_all(T5XSource(copy))[KERNEL], array)


def test_paths_of_before_tensorstore_0_1_14_are_read(copy):
    def move(node):
        spec = node["kernel"]
        spec["path"] = spec["kvstore"].pop("path")

    rewrite_index(copy, move)
    assert KERNEL in read_all(T5XSource(copy))


def test_a_missing_array_is_named(copy):
    shutil.rmtree(copy / FOLDER)
    with pytest.raises(ValueError, match=rf"{FOLDER}.*{KERNEL}"):
        T5XSource(copy)


def test_a_missing_chunk_is_named_and_may_be_allowed(copy):
    (copy / FOLDER / "0.0").unlink()
    with pytest.raises(ValueError, match=rf"{KERNEL}.* is incomplete"):
        read_all(T5XSource(copy))
    source = T5XSource(copy, may_lack_chunks=lambda name: name == KERNEL)
    assert not read_all(source)[KERNEL].any()


def test_a_truncated_chunk_is_named(copy):
    chunk = copy / FOLDER / "0.0"
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(ValueError, match=rf"{KERNEL}.* is incomplete"):
        read_all(T5XSource(copy))


def test_a_truncated_index_is_named(copy):
    index = copy / "checkpoint"
    index.write_bytes(index.read_bytes()[:100])
    with pytest.raises(ValueError, match="checkpoint is no index"):
        T5XSource(copy)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
