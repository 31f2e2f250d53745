"""The command with real Beam, a real ViT and twelve records a source."""

import dataclasses
import shutil

import jax
import numpy as np
import pytest
import tensorflow as tf

from pali_tf import files
from pali_tf.checkpoints import checkpoint
from pali_tf.commands import build_data
from pali_tf.data import data_root, token_storage
from pali_tf.data.images import decode_image
from pali_tf.visual_tokens import building
from pali_tf.visual_tokens.shards import BadRecordError
from pali_tf.webli import read, write
from tests.support import stored_examples, stored_tokens


@pytest.fixture(autouse=True)
def plain_log(monkeypatch):
    monkeypatch.setattr("pali_tf.run.program_log.set_up", lambda: None)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="module")
def data_dir(root):
    stored_examples.write_data(root / "data")
    return root / "data"


@pytest.fixture(scope="module")
def vision(root):
    return stored_tokens.save_vision(root / "vision")


@pytest.fixture(scope="module")
def stored(root, data_dir, vision):
    """validation of webli and text, in bfloat16, with the images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pali_tf.run.program_log.set_up", lambda: None)
        stored_tokens.store(
            data_dir,
            root / "stored",
            vision,
            "--splits=validation",
            "--sources=webli,text",
        )
    return root / "stored"


def records_of(directory, source="webli", split="validation"):
    return list(read.read_split(directory, source, split))


@pytest.mark.slow
def test_a_record_has_its_tokens_beside_all_that_it_had(data_dir, stored):
    before, after = records_of(data_dir), records_of(stored)
    assert [dataclasses.replace(r, visual_tokens=None) for r in after] == before
    assert {r.visual_tokens.dtype for r in after} == {"bfloat16"}


@pytest.mark.slow
def test_tokens_are_those_of_the_vit_bit_for_bit(stored, vision):
    functional = stored_tokens.make_functional("bfloat16")
    params = checkpoint.load_parameters(vision)
    from pali_tf.models.functional import unflatten

    params = unflatten({k: v.astype("bfloat16") for k, v in params.items()})
    found = records_of(stored)
    images = [
        decode_image(tf.constant(r.image.encoded), stored_tokens.IMAGE_SIZE)
        for r in found
    ]
    wanted = jax.jit(functional.apply)(params, np.stack(images))
    tokens = np.stack([token_storage.unpack(r.visual_tokens) for r in found])
    assert tokens.shape == (12, stored_tokens.NUM_TOKENS, stored_tokens.WIDTH)
    np.testing.assert_array_equal(
        tokens.view("u2"), np.asarray(wanted).view("u2")
    )
    assert len({tuple(t.ravel().tolist()) for t in tokens}) > 5


def test_records_without_an_image_pass_through(data_dir, stored):
    assert records_of(stored, "text") == records_of(data_dir, "text")


def test_the_info_file_tells_the_vit(stored):
    info = read.verify_split(stored, "webli", "validation")
    assert info.num_examples == 12
    tokens = info.visual_tokens
    assert len(tokens.vision_sha256) == 64
    assert (tokens.image_size, tokens.length, tokens.width) == (32, 4, 128)
    assert (tokens.dtype, tokens.compute_dtype) == ("bfloat16", "bfloat16")
    assert (stored / data_root.VOCABULARY).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_bucket_holds_what_a_disk_does(data_dir, stored, vision, storage):
    for name in files.list_files(data_dir):
        files.write_whole(
            f"{storage}/in/{name}", (data_dir / name).read_bytes()
        )
    chosen = ("--splits=validation", "--sources=webli,text")
    root = files.as_path(storage)
    stored_tokens.store(root / "in", root / "out", vision, *chosen)
    made = files.list_files(root / "out")
    assert made == files.list_files(stored)
    for name in made:
        assert (root / "out" / name).read_bytes() == (
            stored / name
        ).read_bytes()


def test_imported_sources_are_found(data_dir, root):
    (root / "imported").mkdir()
    shutil.copytree(data_dir / "webli", root / "imported" / "my_shop")
    found = building.find_splits(root / "imported", "my_shop", "train")
    assert found == [("my_shop", "train")]


def test_what_is_there_is_kept_and_never_mixed(
    data_dir, stored, vision, capsys
):
    chosen = ("--splits=validation", "--sources=webli")
    shard = next((stored / "webli").glob("validation.tfrecord-*"))
    written = shard.stat().st_mtime_ns
    stored_tokens.store(data_dir, stored, vision, *chosen)
    assert "Kept webli/validation" in capsys.readouterr().out
    assert shard.stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="of other data.*int8"):
        stored_tokens.store(data_dir, stored, vision, *chosen, "--dtype=int8")


@pytest.mark.slow
def test_int8_without_pixels(root, data_dir, vision, stored):
    chosen = ("--splits=test", "--sources=webli", "--drop_images")
    stored_tokens.store(
        data_dir, root / "small", vision, *chosen, "--dtype=int8"
    )
    for before, after in zip(
        records_of(data_dir, split="test"),
        records_of(root / "small", split="test"),
        strict=True,
    ):
        assert after.image == dataclasses.replace(before.image, encoded=b"")
        assert after.visual_tokens.dtype == "int8"
        assert token_storage.unpack(after.visual_tokens).shape == (4, 128)
        assert after.captions == before.captions
    with pytest.raises(BadRecordError, match="no pixels.*--drop_images"):
        stored_tokens.store(root / "small", root / "again", vision)


@pytest.mark.slow
def test_a_corrupt_image_is_named(root, vision):
    record = stored_examples.make_record("test", 3)
    image = dataclasses.replace(record.image, encoded=b"no JPEG")
    folder = root / "corrupt" / "webli"
    path = folder / write.shard_name("test", 0, 1)
    with write.open_shard(path) as writer:
        writer.write(dataclasses.replace(record, image=image))
    write.write_split_info(folder, "test", [writer.info])
    with pytest.raises(
        BadRecordError, match=r"00000-of-00001: the image scene-test-3 is corr"
    ):
        stored_tokens.store(root / "corrupt", root / "never", vision)
    assert not list((root / "never").rglob("*info.json"))


def test_a_checkpoint_of_something_else_is_refused(root, data_dir, vision):
    params = {"encoder": {"scale": np.ones(3, np.float32)}}
    other = checkpoint.save_parameters(root / "language", 1, params)
    with pytest.raises(ValueError, match="holds no ViT: .* under encoder"):
        stored_tokens.store(data_dir, root / "x", other)
    with pytest.raises(ValueError, match=r"vision/.* shape .* the model's is"):
        stored_tokens.store(data_dir, root / "x", vision, "--vision_size=B/16")


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--sources=webly", "did you mean 'webli'"),
        ("--splits=trian", "did you mean 'train'"),
        ("--image_size=40", "not a multiple of patch_size 16"),
        ("--batch_size=0", "--batch_size is 0"),
    ],
)
def test_mistakes_in_flags_are_told(root, data_dir, vision, flag, message):
    with pytest.raises(ValueError, match=message):
        stored_tokens.store(data_dir, root / "x", vision, flag)


def test_the_data_are_never_written_over(data_dir, vision):
    with pytest.raises(ValueError, match="never written over"):
        stored_tokens.store(data_dir, data_dir, vision)


def test_missing_data_are_told(root, vision):
    with pytest.raises(FileNotFoundError, match="no data folder"):
        stored_tokens.store(root / "nowhere", root / "x", vision)
    with pytest.raises(SystemExit):
        build_data.main(
            ["--data_dir=a", "--output_dir=b", "--vision_checkpoint=c"]
        )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
