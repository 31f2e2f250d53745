"""orbax checkpoints: of runs, of T5X, of the streaming writer."""

import json
import shutil

import ml_dtypes
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, digests, folders
from pali_tf.conversion.stores.orbax_tree import OrbaxSource
from pali_tf.conversion.stores.orbax_writer import write_orbax
from pali_tf.models.functional import unflatten
from tests.support import t5x_checkpoints
from tests.support.random_tree import (
    assert_equal,
    make_tree,
    read_all,
    tensor_of,
)


@pytest.fixture(scope="module")
def tree():
    tree = make_tree("vision")
    path = "vision/encoder_norm/beta"
    tree[path] = tree[path].astype(ml_dtypes.bfloat16)
    return tree


@pytest.fixture(scope="module")
def streamed(tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("streamed") / "checkpoint_4"
    tensors = {name: tensor_of(array) for name, array in tree.items()}
    write_orbax(path, tensors, {}, step=4)
    return path


@pytest.fixture(scope="module")
def saved(tree, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    return checkpoint.save_parameters(folder, 4, unflatten(tree))


def test_training_reads_what_is_streamed(streamed, tree):
    assert folders.is_complete(streamed)
    assert checkpoint.find(streamed.parent) == streamed
    shapes = checkpoint.parameter_shapes(streamed)
    assert {name: leaf.shape for name, leaf in shapes.items()} == {
        name: array.shape for name, array in tree.items()
    }
    loaded = checkpoint.load_parameters(streamed)
    assert_equal({k: np.asarray(v) for k, v in loaded.items()}, tree)


def test_what_is_streamed_has_digests(streamed, tree):
    size = digests.verify(streamed)
    assert size > sum(array.nbytes for array in tree.values()) / 2


def test_we_read_what_training_saves(saved, tree):
    assert_equal(read_all(OrbaxSource(saved)), tree)


def test_we_read_what_is_streamed(streamed, tree):
    assert_equal(read_all(OrbaxSource(streamed)), tree)


def test_the_number_of_the_step_is_noted(streamed):
    progress = streamed / "progress" / "metadata"
    assert json.loads(progress.read_text()) == {"step": 4}


def test_parts_come_out_of_a_chunk_that_is_read_once(saved, tree):
    # save_parameters writes an array as one chunk.
    source = OrbaxSource(saved)
    path = "vision/layers_0/mlp/wi/kernel"
    for i in range(8):
        part = source.read(path, (slice(i, i + 1), slice(3, 9)))
        np.testing.assert_array_equal(part, tree[path][i : i + 1, 3:9])


@pytest.mark.parametrize("layout", ["unscanned", "scanned"])
def test_we_read_what_t5x_saved(tmp_path, layout):
    path = t5x_checkpoints.unpack(tmp_path, layout, "orbax")
    source = OrbaxSource(path)
    assert_equal(read_all(source), t5x_checkpoints.parameters(layout))
    assert "the optimizer's state" in source.note


def test_a_checkpoint_without_a_commit_is_refused(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "checkpoint_4")
    (copy / "_CHECKPOINT_METADATA").unlink()
    with pytest.raises(ValueError, match="checkpoint_4 is half written"):
        OrbaxSource(copy)


def test_missing_values_are_named(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "checkpoint_4")
    for file in (copy / "params").rglob("d/*"):
        file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ValueError, match="params: 'vision/"):
        read_all(OrbaxSource(copy))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
