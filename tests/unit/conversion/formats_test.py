"""Which format a path has, and what is said of one that has none."""

import numpy as np
import pytest

from pali_tf.conversion.formats import FORMATS, get_format, open_source
from pali_tf.conversion.problems import Allowed
from tests.support import t5x_checkpoints
from tests.support.random_tree import make_tree, write
from tests.support.repository import ROOT

TESTDATA = ROOT / "tests" / "testdata"


def detect(path, format_name=None):
    name, source, name_map = open_source(path, format_name, Allowed())
    return name, source.path, name_map.name


@pytest.mark.parametrize(
    ("path", "format_name"),
    [
        ("mt5_huggingface", "hf-mt5"),
        ("mt5_huggingface/model.safetensors", "hf-mt5"),
        ("siglip_huggingface", "hf-siglip"),
        ("vit_big_vision/vit.npz", "big-vision"),
    ],
)
def test_files_of_others_are_told_apart(path, format_name):
    assert detect(TESTDATA / path)[0] == format_name


@pytest.mark.parametrize("saved_as", ["legacy", "orbax"])
@pytest.mark.parametrize(
    ("layout", "map_name"),
    [("unscanned", "ours, unrolled"), ("scanned", "T5X, scanned layers")],
)
def test_checkpoints_of_t5x_are_told_apart(
    tmp_path, layout, saved_as, map_name
):
    path = t5x_checkpoints.unpack(tmp_path, layout, saved_as)
    format_name = {"legacy": "t5x", "orbax": "t5x-orbax"}[saved_as]
    assert detect(path) == (format_name, path, map_name)
    assert detect(path.parent) == (format_name, path, map_name)


@pytest.mark.parametrize("format_name", ["pali", "pali-safetensors"])
def test_ours_is_told_apart(tmp_path, format_name):
    write(tmp_path / "checkpoint_3", format_name, make_tree("vision"))
    name, _, map_name = detect(tmp_path / "checkpoint_3")
    assert (name, map_name) == (format_name, "ours, unrolled")


def test_the_latest_of_a_folder_of_checkpoints_is_taken(tmp_path):
    for step in (3, 12):
        path = tmp_path / f"checkpoint_{step}"
        write(path, "pali", make_tree("connector"))
    assert detect(tmp_path)[1] == tmp_path / "checkpoint_12"


def test_a_format_that_it_is_not_is_refused():
    with pytest.raises(ValueError, match="an npz file, which --source_format"):
        detect(TESTDATA / "vit_big_vision" / "vit.npz", "hf-mt5")


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'hf-mt5'"):
        get_format("hf-mt")


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing does not exist"):
        detect(tmp_path / "nothing")


def test_a_folder_of_something_else_says_what_it_holds(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match=r"'notes\.txt'") as error:
        detect(tmp_path)
    assert all(name in str(error.value) for name in FORMATS)


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(ValueError, match="an empty folder"):
        detect(tmp_path)


def test_a_checkpoint_without_its_index_is_half_written(tmp_path):
    path = tmp_path / "checkpoint_5.orbax-checkpoint-tmp-1"
    path.mkdir()
    with pytest.raises(ValueError, match="half written"):
        detect(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pytorch_model-00001-of-00002.bin", "safe_serialization=True"),
        ("flax_model.msgpack", "take the safetensors file"),
        ("model.ckpt-1.data-00000-of-00001", "a TensorFlow checkpoint"),
    ],
)
def test_other_public_files_have_a_way_out(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=message):
        detect(tmp_path)


def test_arrays_of_another_model_are_shown(tmp_path):
    np.savez(tmp_path / "x.npz", bert=np.zeros(3))
    with pytest.raises(ValueError, match="no format knows its arrays, 'bert'"):
        detect(tmp_path / "x.npz")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
