"""Stored tokens from a record to a batch, and what is said where they lack."""

import dataclasses
import itertools

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from pali_tf.data import (
    input_pipeline,
    token_storage,
    visual_tokens,
)
from pali_tf.data.data_root import DataRoot
from pali_tf.data.feature_converter import PaliFeatureConverter
from pali_tf.webli import records, write
from seqio_tasks import named
from tests.support import stored_examples

NUM_TOKENS, WIDTH = 3, 8
LENGTHS = {**stored_examples.LENGTHS, "visual_tokens": NUM_TOKENS}
INFO = write.VisualTokensInfo(
    vision_sha256="ab" * 32,
    image_size=stored_examples.SIDE,
    length=NUM_TOKENS,
    width=WIDTH,
    dtype="int8",
    compute_dtype="float32",
)


def made_up_tokens(record: records.Record, dtype: str) -> records.VisualTokens:
    seed = sum(record.image.source_id.encode())
    rng = np.random.default_rng(seed)
    return token_storage.pack(rng.normal(size=(NUM_TOKENS, WIDTH)), dtype)


def write_source(root, source, *, change, dtypes=("int8", "bfloat16")):
    """Two shards of six records in one split, some in each dtype."""
    shards = []
    for shard in range(2):
        path = root / source / write.shard_name("train", shard, 2)
        with write.open_shard(path) as writer:
            for i in range(shard, 12, 2):
                record = stored_examples.make_record("train", i)
                dtype = dtypes[i // 2 % len(dtypes)]
                tokens = made_up_tokens(record, dtype)
                writer.write(change(i, record, tokens))
        shards.append(writer.info)
    write.write_split_info(root / source, "train", shards, INFO)


def with_tokens(index, record, tokens):
    del index
    image = dataclasses.replace(record.image, encoded=b"")
    return dataclasses.replace(record, image=image, visual_tokens=tokens)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    write_source(root, "webli", change=with_tokens)
    return DataRoot(str(root))


def batches(root, name, lengths=LENGTHS):
    return input_pipeline.train_batches(
        named.find(name, root),
        input_pipeline.Reading(feature_lengths=lengths, batch_size=4, seed=0),
    )


def test_a_batch_has_stored_tokens_in_place_of_images(data):
    stored = {
        token_storage.unpack(tokens).tobytes()
        for tokens in (
            made_up_tokens(stored_examples.make_record("train", i), dtype)
            for i in range(12)
            for dtype in token_storage.DTYPES
        )
    }
    for batch in itertools.islice(batches(data, "webli_split_captioning"), 3):
        assert "images" not in batch
        tokens = batch["visual_tokens"]
        assert tokens.dtype == ml_dtypes.bfloat16
        assert tokens.shape == (4, NUM_TOKENS, WIDTH)
        assert batch["image_mask"].all()
        assert {row.tobytes() for row in tokens} <= stored


def test_text_alone_has_zeros_and_no_mask(data):
    batch = next(batches(data, "text_span_corruption"))
    assert batch["visual_tokens"].shape == (4, NUM_TOKENS, WIDTH)
    assert not batch["visual_tokens"].astype(np.float32).any()
    assert not batch["image_mask"].any()


@pytest.mark.parametrize("dtype", token_storage.DTYPES)
def test_tensorflow_unpacks_as_numpy_does(dtype, rng):
    tokens = token_storage.pack(rng.normal(size=(NUM_TOKENS, WIDTH)), dtype)
    stored = {
        f"image/visual_tokens/{name}": tf.constant(value, kind)
        for name, value, kind in (
            ("values", tokens.values, tf.string),
            ("dtype", tokens.dtype, tf.string),
            ("length", tokens.length, tf.int64),
            ("width", tokens.width, tf.int64),
            ("scale", tokens.scale, tf.float32),
        )
    }
    found = visual_tokens.read_tokens(stored, NUM_TOKENS, WIDTH).numpy()
    np.testing.assert_array_equal(
        found.view("u2"), token_storage.unpack(tokens).view("u2")
    )


@pytest.mark.slow
def test_seqio_s_own_checks_pass(data):
    (task,) = named.find("webli_split_captioning", data).tasks
    dataset = task.get_dataset(LENGTHS, split="train", seed=0, num_epochs=1)
    converted = PaliFeatureConverter()(dataset, LENGTHS)
    spec = converted.element_spec
    assert spec["visual_tokens"].shape == (NUM_TOKENS, WIDTH)
    assert "images" not in spec
    assert next(converted.as_numpy_iterator())["image_mask"]


def test_pixels_that_are_not_there_are_told(data):
    with pytest.raises(
        ValueError, match=r"webli/train.*image scene-train-\d+ has no pixels"
    ):
        next(batches(data, "webli_split_captioning", stored_examples.LENGTHS))


def test_an_image_without_tokens_is_told_with_the_command(data):
    with pytest.raises(
        ValueError,
        match=r"cc3m35l/train.*-of-00002: the image scene-train-\d+ has no "
        r"visual tokens. To store them: pali build-data --visual_tokens",
    ):
        next(batches(data, "cc3m35l_captioning"))


def test_another_number_of_tokens_is_told(data):
    with pytest.raises(ValueError, match=r"NUM_VISUAL_TOKENS=3"):
        next(batches(data, "webli_ocr", {**LENGTHS, "visual_tokens": 16}))


def test_a_record_of_another_width_is_named(tmp_path, data):
    def change(index, record, tokens):
        if index == 5:
            tokens = token_storage.pack(np.ones((NUM_TOKENS, 9)), "bfloat16")
        return dataclasses.replace(record, visual_tokens=tokens)

    write_source(tmp_path, "vq2a_cc3m35l", change=change)
    root = DataRoot(str(tmp_path), str(data.vocabulary_path))
    with pytest.raises(
        ValueError,
        match=r"image scene-train-5 has .*shape \(3, 9\), not \(3, 8",
    ):
        list(itertools.islice(batches(root, "vq2a_cc3m35l_vqa"), 6))


def test_data_without_tokens_and_of_two_vits_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no visual tokens. To store them"):
        visual_tokens.stored_info(tmp_path)
    write.write_split_info(tmp_path / "webli", "train", [], INFO)
    other = dataclasses.replace(INFO, vision_sha256="cd" * 32)
    write.write_split_info(tmp_path / "text", "train", [], other)
    with pytest.raises(ValueError, match="of different ViTs"):
        visual_tokens.stored_info(tmp_path)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
