"""Whole conversions of small checkpoints, and those that must fail."""

import json

import ml_dtypes
import numpy as np
import pytest

from pali_tf import files
from pali_tf.checkpoints.digests import DamagedCheckpointError
from pali_tf.conversion.convert import Options, convert
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from tests.support import t5x_checkpoints
from tests.support.random_tree import (
    NUM_HEADS,
    assert_equal,
    make_tree,
    read_all,
    write,
)
from tests.support.repository import ROOT

TESTDATA = ROOT / "tests" / "testdata"
# Target format, parts that it holds, file name.
TARGETS = [
    ("pali", ("language", "vision", "connector"), "x"),
    ("pali-safetensors", ("language", "vision", "connector"), "x"),
    ("pali-safetensors", ("vision",), "x.safetensors"),
    ("hf-mt5", ("language",), "x"),
    ("hf-siglip", ("vision", "map_head"), "x"),
    ("big-vision", ("vision", "map_head", "head"), "x.npz"),
    ("t5x", ("language", "vision", "connector"), "x"),
]


def to_ours(**options):
    """To our tree, in the container that is written fastest."""
    return Options(**{"target_format": "pali-safetensors", **options})


def read(path):
    _, source, _ = open_source(path, None, Allowed())
    return read_all(source)


@pytest.mark.parametrize(("format_name", "parts", "name"), TARGETS)
def test_ours_there_and_back_is_the_same(tmp_path, format_name, parts, name):
    tree = make_tree(*parts)
    write(tmp_path / "source", "pali-safetensors", tree)
    options = Options(target_format=format_name, num_heads=NUM_HEADS)
    there = convert(tmp_path / "source", tmp_path / name, options)
    back = convert(tmp_path / name, tmp_path / "back", to_ours())
    assert back.source[1] == format_name
    assert_equal(read(tmp_path / "back"), tree)
    for report in (there, back):
        assert {line.path for line in report.lines} == set(tree)


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
@pytest.mark.parametrize(
    ("format_name", "part", "name"),
    [
        ("pali", "connector", "x"),
        ("t5x", "connector", "x"),
        ("pali-safetensors", "connector", "x"),
        ("big-vision", "vision", "x.npz"),
    ],
)
def test_a_bucket_holds_every_format(
    tmp_path, storage, format_name, part, name
):
    tree = make_tree(part)
    write(tmp_path / "source", "pali-safetensors", tree)
    there = files.as_path(storage) / name
    options = Options(target_format=format_name, num_heads=NUM_HEADS)
    convert(tmp_path / "source", there, options)
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        convert(tmp_path / "source", there, options)
    convert(there, tmp_path / "back", to_ours())
    assert_equal(read(tmp_path / "back"), tree)


@pytest.mark.parametrize("format_name", ["pali", "t5x"])
def test_scanned_layers_there_and_back_are_the_same(tmp_path, format_name):
    tree = make_tree("language")
    write(tmp_path / "source", "pali-safetensors", tree)
    options = Options(target_format=format_name, layout="scanned")
    convert(tmp_path / "source", tmp_path / "scanned", options)
    convert(tmp_path / "scanned", tmp_path / "back", to_ours())
    assert_equal(read(tmp_path / "back"), tree)


def test_the_scanned_layout_has_the_layers_first(tmp_path):
    tree = make_tree("language")
    write(tmp_path / "source", "pali-safetensors", tree)
    convert(tmp_path / "source", tmp_path / "x", Options(layout="scanned"))
    stacked = read(tmp_path / "x")["encoder/layers/mlp/wo/kernel"]
    np.testing.assert_array_equal(
        stacked,
        [tree[f"encoder/layers_{i}/mlp/wo/kernel"] for i in range(3)],
    )


@pytest.mark.parametrize("saved_as", ["legacy", "orbax"])
def test_t5xs_scanned_layers_become_ours(tmp_path, saved_as):
    path = t5x_checkpoints.unpack(tmp_path, "scanned", saved_as)
    convert(path, tmp_path / "x", to_ours())
    theirs, ours = t5x_checkpoints.parameters("scanned"), read(tmp_path / "x")
    kernel = theirs["decoder/decoder/self_attention/query/kernel"]
    np.testing.assert_array_equal(
        ours["decoder/layers_1/self_attention/query/kernel"],
        kernel[:, 1].reshape(24, 30),
    )
    np.testing.assert_array_equal(
        ours["decoder/relpos_bias/rel_embedding"],
        theirs["decoder/decoder/relpos_bias/rel_embedding"][:, 0],
    )


def test_transformers_matrices_are_transposed(tmp_path):
    source = TESTDATA / "mt5_huggingface"
    report = convert(source, tmp_path / "x", to_ours())
    theirs, ours = read(source), read(tmp_path / "x")
    np.testing.assert_array_equal(
        ours["decoder/layers_1/mlp/wo/kernel"],
        theirs["decoder.block.1.layer.2.DenseReluDense.wo.weight"].T,
    )
    done = {line.path: line.done for line in report.lines}
    assert done["decoder/layers_1/mlp/wo/kernel"] == ("transposed",)
    assert done["token_embedder/embedding"] == ()


def test_large_arrays_pass_in_slices(tmp_path, monkeypatch):
    for module in ("reading", "writing"):
        monkeypatch.setattr(
            f"pali_tf.conversion.{module}.PIECE_BYTES", 7 * 24 * 4
        )
    convert(TESTDATA / "mt5_huggingface", tmp_path / "x", to_ours())
    convert(tmp_path / "x", tmp_path / "back", Options(target_format="hf-mt5"))
    assert_equal(read(tmp_path / "back"), read(TESTDATA / "mt5_huggingface"))


def test_a_type_is_chosen(tmp_path):
    tree = make_tree("connector")
    write(tmp_path / "source", "pali-safetensors", tree)
    report = convert(
        tmp_path / "source", tmp_path / "x", to_ours(dtype="bfloat16")
    )
    assert report.lines[0].done == ("cast",)
    expected = {k: v.astype(ml_dtypes.bfloat16) for k, v in tree.items()}
    assert_equal(read(tmp_path / "x"), expected)


def test_a_part_is_chosen(tmp_path):
    tree = make_tree("language", "vision")
    write(tmp_path / "source", "pali-safetensors", tree)
    report = convert(
        tmp_path / "source", tmp_path / "x", to_ours(only="vision")
    )
    assert_equal(read(tmp_path / "x"), make_part(tree, "vision/"))
    assert set(report.left_out) == set(tree) - set(make_part(tree, "vision/"))


def make_part(tree, prefix):
    return {k: v for k, v in tree.items() if k.startswith(prefix)}


@pytest.mark.parametrize("source_format", ["pali-safetensors", "hf-siglip"])
@pytest.mark.parametrize("target_format", ["pali", "hf-siglip"])
def test_positions_are_resized(tmp_path, source_format, target_format):
    tree = make_tree("vision")
    write(tmp_path / "ours", "pali-safetensors", tree)
    convert(
        tmp_path / "ours",
        tmp_path / "source",
        Options(target_format=source_format, num_heads=NUM_HEADS),
    )
    options = Options(
        target_format=target_format, image_size=15, num_heads=NUM_HEADS
    )
    report = convert(tmp_path / "source", tmp_path / "x", options)
    done = {line.path: line.done for line in report.lines}
    assert done["vision/position_embedding/embedding"] == ("resized",)
    convert(tmp_path / "x", tmp_path / "back", to_ours())
    table = read(tmp_path / "back")["vision/position_embedding/embedding"]
    assert table.shape == (25, 8)
    np.testing.assert_allclose(
        table[[0, 4, 20, 24]],
        tree["vision/position_embedding/embedding"][[0, 2, 6, 8]],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("parts", "image_size", "message"),
    [
        ("vision", 16, "the nearest are 15 and 18"),
        ("language", 15, "the source has none"),
    ],
)
def test_an_impossible_image_size_is_refused(
    tmp_path, parts, image_size, message
):
    write(tmp_path / "source", "pali-safetensors", make_tree(parts))
    options = Options(image_size=image_size)
    with pytest.raises(ValueError, match=message):
        convert(tmp_path / "source", tmp_path / "x", options)


@pytest.mark.slow
def test_the_config_beside_safetensors_has_the_sizes(tmp_path):
    tree = make_tree("language", "vision", "connector")
    write(tmp_path / "source", "pali", tree)
    options = Options(target_format="pali-safetensors", num_heads=NUM_HEADS)
    convert(tmp_path / "source", tmp_path / "x", options)
    config = json.loads((tmp_path / "x" / "config.json").read_text())
    assert config["language"] == {
        "vocab_size": 37,
        "emb_dim": 12,
        "num_heads": 2,
        "num_encoder_layers": 3,
        "num_decoder_layers": 2,
        "head_dim": 5,
        "mlp_dim": 20,
        "num_buckets": 32,
    }
    assert config["vision"] == {
        "patch_size": 3,
        "width": 8,
        "depth": 2,
        "mlp_dim": 18,
        "num_heads": 4,
        "image_size": 9,
    }


# --- what must fail, naming file and array, leaving nothing ---


def assert_fails(tmp_path, message, source="source", **options):
    with pytest.raises((ValueError, FileExistsError), match=message) as error:
        convert(tmp_path / source, tmp_path / "target", to_ours(**options))
    assert not (tmp_path / "target").exists()
    assert not list(tmp_path.glob(".*"))
    return str(error.value)


@pytest.fixture
def huggingface():
    return read(TESTDATA / "mt5_huggingface")


def test_an_array_too_many_is_named_with_the_nearest(tmp_path, huggingface):
    huggingface["lm_heads.weight"] = huggingface["lm_head.weight"]
    write(tmp_path / "source", "hf-mt5", huggingface)
    message = r"model\.safetensors: 'lm_heads\.weight' is not used; did you"
    assert "'lm_head.weight'" in assert_fails(tmp_path, message)


def test_an_array_too_few_is_named_with_the_nearest(tmp_path, huggingface):
    name = "encoder.block.1.layer.0.SelfAttention.q.weight"
    del huggingface[name]
    write(tmp_path / "source", "hf-mt5", huggingface)
    text = assert_fails(tmp_path, f"'{name}'")
    assert "(our encoder/layers_1/attention/query/kernel) is missing" in text


def test_what_is_allowed_may_lack_or_be_too_many(tmp_path, huggingface):
    del huggingface["lm_head.weight"]
    huggingface["extra"] = np.zeros(3, np.float32)
    write(tmp_path / "source", "hf-mt5", huggingface)
    options = to_ours(allow=("^extra$", "logits_dense"))
    report = convert(tmp_path / "source", tmp_path / "x", options)
    assert set(report.allowed) == {"extra", "lm_head.weight"}
    assert "decoder/logits_dense/kernel" not in read(tmp_path / "x")


def test_a_wrong_shape_is_named(tmp_path, huggingface):
    name = "encoder.block.1.layer.1.DenseReluDense.wo.weight"
    huggingface[name] = huggingface[name][:, :-1]
    write(tmp_path / "source", "hf-mt5", huggingface)
    text = assert_fails(tmp_path, rf"model\.safetensors: '{name}'")
    assert "(40, 24) [F, D]" in text


def test_an_array_of_another_rank_is_named(tmp_path, huggingface):
    name = "encoder.block.1.layer.1.DenseReluDense.wo.weight"
    huggingface[name] = huggingface[name][None]
    write(tmp_path / "source", "hf-mt5", huggingface)
    assert_fails(tmp_path, rf"'{name}' has shape \(1, 24, 40\)")


@pytest.mark.parametrize("is_equal", [True, False])
def test_a_second_name_must_have_the_same_values(
    tmp_path, huggingface, is_equal
):
    copy = huggingface["shared.weight"].copy()
    copy[3, 4] += not is_equal
    huggingface["encoder.embed_tokens.weight"] = copy
    write(tmp_path / "source", "hf-mt5", huggingface)
    if is_equal:
        convert(tmp_path / "source", tmp_path / "x", to_ours())
    else:
        message = "'encoder.embed_tokens.weight' differs from 'shared.weight'"
        assert_fails(tmp_path, message)


def test_position_tables_that_differ_between_layers_are_refused(tmp_path):
    arrays = t5x_checkpoints.parameters("scanned")
    name = "encoder/encoder/relpos_bias/rel_embedding"
    arrays[name] = arrays[name].copy()
    arrays[name][0, 1, 0] += 1
    write(tmp_path / "checkpoint_1", "t5x", arrays)
    assert_fails(tmp_path, "differs between layers", source="checkpoint_1")


def test_a_parameter_without_a_place_in_the_target_is_named(tmp_path):
    write(tmp_path / "source", "pali-safetensors", make_tree("language"))
    text = assert_fails(tmp_path, "has no place", target_format="big-vision")
    assert "... and" in text


def test_types_that_a_model_cannot_have_are_refused(tmp_path):
    tree = {k: v.astype(np.float16) for k, v in make_tree("connector").items()}
    write(tmp_path / "source", "pali-safetensors", tree)
    assert_fails(tmp_path, "stored as float16; choose --dtype")
    convert(tmp_path / "source", tmp_path / "x", to_ours(dtype="float32"))


def test_layers_of_two_types_are_not_stacked(tmp_path):
    tree = make_tree("vision")
    path = "vision/layers_1/mlp/wo/kernel"
    tree[path] = tree[path].astype(ml_dtypes.bfloat16)
    write(tmp_path / "source", "pali-safetensors", tree)
    assert_fails(
        tmp_path,
        "choose one with --dtype",
        layout="scanned",
        target_format="pali",
    )


def test_heads_that_nothing_tells_are_asked_for(tmp_path):
    write(tmp_path / "source", "pali-safetensors", make_tree("vision"))
    assert_fails(tmp_path, "--num_heads", target_format="big-vision")


def test_a_checkpoint_that_is_not_as_it_was_written_is_refused(tmp_path):
    write(tmp_path / "checkpoint_1", "pali", make_tree("vision"))
    shard = next((tmp_path / "checkpoint_1" / "params").glob("d/*"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(DamagedCheckpointError, match=shard.name):
        convert(tmp_path / "checkpoint_1", tmp_path / "x", to_ours())
    assert not (tmp_path / "x").exists()


def test_a_target_that_exists_is_not_overwritten(tmp_path):
    write(tmp_path / "source", "pali-safetensors", make_tree("connector"))
    (tmp_path / "x").mkdir()
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        convert(tmp_path / "source", tmp_path / "x", to_ours())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_format": "t5x-orbax"}, "cannot be written"),
        ({"target_format": "hf-mt5", "layout": "scanned"}, "cannot be written"),
        ({"target_format": "hf"}, "is not one of the formats"),
        ({"dtype": "float16"}, "float16"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Options(**options)


def test_a_pattern_that_is_none_is_named(tmp_path):
    write(tmp_path / "source", "pali-safetensors", make_tree("connector"))
    assert_fails(tmp_path, r"--allow='\(' is no regular", allow=("(",))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
