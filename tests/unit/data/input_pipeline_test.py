import gc
import itertools
import logging
import os

import numpy as np
import pytest
import seqio
import tensorflow as tf

from pali_tf.data import input_pipeline
from pali_tf.data.data_root import DataRoot
from pali_tf.data.input_pipeline import Reading
from pali_tf.data.run_data import RunData
from pali_tf.data.task_choices import TaskChoices
from pali_tf.errors import UserError
from pali_tf.webli import read, records, write
from seqio_tasks import named
from tests.support import stored_examples

pytestmark = pytest.mark.slow

LENGTHS = stored_examples.LENGTHS


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    return DataRoot(str(root))


def batches(root, name, count, **kwargs):
    reading = Reading(
        **{"batch_size": 8, "seed": 3, "feature_lengths": LENGTHS, **kwargs}
    )
    data = name if isinstance(name, RunData) else named.find(name, root)
    return list(
        itertools.islice(input_pipeline.train_batches(data, reading), count)
    )


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.fixture(scope="module")
def mixed(root):
    return batches(root, "pali_tiny", 12)


# Texts that are joined, entries of records, and records of which some are
# passed over. Three tasks are ready in a third of the time of eight.
THREE = {"text_span_corruption": 1, "vqa:webli": 2, "webli_ocr": 1}


@pytest.fixture(scope="module")
def three(root):
    return batches(root, THREE, 4)


def test_model_features(mixed):
    shapes = {k: (v.shape, v.dtype.name) for k, v in mixed[0].items()}
    assert shapes == {
        "images": ((8, 16, 16, 3), "uint8"),
        "image_mask": ((8,), "bool"),
        "encoder_input_tokens": ((8, 48), "int32"),
        "decoder_input_tokens": ((8, 32), "int32"),
        "decoder_target_tokens": ((8, 32), "int32"),
        "decoder_loss_weights": ((8, 32), "float32"),
        "task_id": ((8,), "int32"),
    }


def test_text_alone_has_no_image(root, mixed):
    names = named.find("pali_tiny", root).task_names
    text = names.index("text_span_corruption")
    for batch in mixed:
        np.testing.assert_array_equal(
            batch["image_mask"], batch["task_id"] != text
        )
        assert not batch["images"][batch["task_id"] == text].any()


# 12 records a task: the batches lie several epochs apart.
@pytest.mark.parametrize("start", [1, 9])
def test_starting_at_a_step_is_having_come_to_it(root, mixed, start):
    resumed = batches(root, "pali_tiny", 3, start_step=start)
    for first, second in zip(resumed, mixed[start:], strict=False):
        assert_equal(first, second)


@pytest.mark.parametrize("count", [2, 4])
def test_processes_share_the_rows(root, three, count):
    size = 8 // count
    for part in range(count):
        own = range(part * size, (part + 1) * size)
        rows = batches(root, THREE, 4, rows=own)
        for batch, found in zip(three, rows, strict=True):
            assert_equal({k: v[own] for k, v in batch.items()}, found)


@pytest.mark.parametrize("num_readers", [1, 2, 8])
def test_the_number_of_readers_changes_nothing(root, three, num_readers):
    found = batches(root, THREE, 4, num_readers=num_readers)
    for first, second in zip(found, three, strict=True):
        assert_equal(first, second)


def test_a_split_of_fewer_records_than_rows_will_do(root):
    batch = batches(root, "cc3m35l_captioning", 1, batch_size=32)[0]
    images = batch["images"].sum((1, 2, 3))
    # Twelve records, ten different pictures.
    assert len(set(images.tolist())) == 10


@pytest.mark.parametrize("rows", [None, range(2, 6)])
def test_unshuffled_batches_are_in_the_order_of_the_disk(root, rows):
    (task,) = named.find("cc3m35l_captioning", root).tasks
    stored = [
        example["images"]
        for example in input_pipeline.eval_dataset(
            task, feature_lengths=LENGTHS, split="train", seed=0
        ).as_numpy_iterator()
    ]
    found = batches(root, task.name, 3, shuffle=False, rows=rows)
    for n, batch in enumerate(found):
        # 12 records: the second batch begins them again.
        expected = [stored[(8 * n + row) % 12] for row in rows or range(8)]
        np.testing.assert_array_equal(batch["images"], expected)
    resumed = batches(
        root, task.name, 1, shuffle=False, rows=rows, start_step=2
    )
    assert_equal(resumed[0], found[2])


def test_another_seed_gives_other_batches(root, three):
    (other,) = batches(root, THREE, 1, seed=4)
    tokens = "encoder_input_tokens"
    assert (other[tokens] != three[0][tokens]).any()


def test_each_epoch_draws_anew(root):
    vqa = batches(root, "vq2a_cc3m35l_vqa", 9, batch_size=4)
    epochs = [
        np.concatenate([b["encoder_input_tokens"] for b in vqa[i : i + 3]])
        for i in (0, 3, 6)
    ]
    images = [
        sorted(
            np.concatenate([b["images"] for b in vqa[i : i + 3]]).sum((1, 2, 3))
        )
        for i in (0, 3, 6)
    ]
    assert images[0] == images[1] == images[2]
    assert (epochs[0] != epochs[1]).any()


def test_evaluation_examples_are_the_same_each_time(root):
    (task,) = named.find("cc3m35l_captioning", root).tasks
    passes = [
        list(
            input_pipeline.eval_dataset(
                task, feature_lengths=LENGTHS, split="test", seed=0
            ).as_numpy_iterator()
        )
        for _ in range(2)
    ]
    assert len(passes[0]) == 12
    assert passes[0][0]["example_id"] == b"scene-test-0"
    for first, second in zip(*passes, strict=True):
        assert_equal(first, second)


def test_reading_ends_quietly(root, caplog):
    data = named.find("webli_ocr", root)
    reading = Reading(batch_size=8, seed=3, feature_lengths=LENGTHS)
    stream = input_pipeline.train_batches(data, reading)
    next(stream)
    stream.close()
    gc.collect()
    assert caplog.text == ""


def test_examples_of_an_epoch_are_counted(root):
    def count(name):
        return input_pipeline.num_examples_of_epoch(
            named.find(name, root), LENGTHS, "train"
        )

    # Two thirds of the images have words.
    assert count("webli_ocr") == 8
    assert count("vqa:webli") == 36
    # Each is drawn once when the last of them is.
    assert count({"webli_ocr": 1, "vqa:webli": 2}) == 54
    assert count({"webli_ocr": 1, "vqa:webli": 9}) == 80


def test_missing_data_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="pali sample-data"):
        batches(DataRoot(str(tmp_path / "none")), "pali_tiny", 1)
    with pytest.raises(FileNotFoundError, match="No data at"):
        batches(DataRoot(str(tmp_path)), "pali_tiny", 1)


def test_a_task_without_examples_is_named(root):
    data = named.find("captioning:webli:sw", root)
    with pytest.raises(UserError, match="no example: .* 'sw'"):
        batches(root, data, 1)


def test_a_truncated_file_is_named(tmp_path):
    stored_examples.write_data(tmp_path)
    shard = read.shard_paths(tmp_path, "webli", "train")[1]
    root = DataRoot(str(tmp_path))
    batches(root, "webli_ocr", 1)
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(UserError, match=f"{shard.name}: record 5.*lacks its"):
        batches(root, "webli_ocr", 10)


def test_a_corrupt_image_is_named(tmp_path):
    stored_examples.write_data(tmp_path)
    good = stored_examples.make_record("train", 0)
    bad = records.Record(
        image=records.Image(
            encoded=good.image.encoded[:200],
            format="jpeg",
            height=16,
            width=16,
            source_id="the-bad-one",
        ),
        captions=good.captions,
    )
    path = tmp_path / "webli" / write.shard_name("train", 0, 1)
    with write.open_shard(path) as writer:
        for record in (good, bad):
            writer.write(record)
    shard = writer.info
    write.write_split_info(tmp_path / "webli", "train", [shard])
    with pytest.raises(UserError, match=f"{path.name}.*the-bad-one"):
        batches(DataRoot(str(tmp_path)), "webli_split_captioning", 10)


def test_prompts_over_the_length_are_counted(root, caplog):
    lengths = {**LENGTHS, "inputs": 8}
    with caplog.at_level(logging.WARNING, logger="absl"):
        batches(root, "vq2a_cc3m35l_vqa", 2, feature_lengths=lengths)
    assert "8 prompts were over 8 tokens" in caplog.text


def test_the_number_of_threads_changes_nothing(root, three, monkeypatch):
    # Half of the cores read: one thread, and eight.
    for num_cores in (2, 16):
        monkeypatch.setattr(os, "cpu_count", lambda n=num_cores: n)
        for first, second in zip(batches(root, THREE, 4), three, strict=True):
            assert_equal(first, second)


def test_examples_are_the_rows_of_the_batches(root, three):
    data = named.find(THREE, root)
    drawn = input_pipeline.train_examples(
        data, Reading(feature_lengths=LENGTHS, seed=3, batch_size=8)
    )
    names = data.task_names
    for batch in three:
        for row in range(8):
            task, example = next(drawn)
            assert task == names[batch["task_id"][row]]
            np.testing.assert_array_equal(
                example["images"], batch["images"][row]
            )
            length = len(example["targets"])
            targets = batch["decoder_target_tokens"][row]
            np.testing.assert_array_equal(example["targets"], targets[:length])
            assert not targets[length:].any()
            assert "references" in example


def test_a_foreign_task_may_branch_in_python():
    side = LENGTHS["images"]

    @seqio.map_over_dataset
    def preprocess(example):
        # AutoGraph's: the condition is a tensor.
        if example["number"] % 2 == 0:
            token = 5
        else:
            token = 7
        return {
            "inputs": tf.stack([token, 1]),
            "targets": tf.constant([9, 1]),
            "images": tf.zeros([side, side, 3], tf.uint8),
            "image_mask": tf.constant(False),
            "task_id": tf.constant(0),
        }

    task = seqio.Task(
        "foreign",
        source=seqio.FunctionDataSource(
            lambda split, shuffle_files, seed=None: tf.data.Dataset.range(
                8, output_type=tf.int32
            ).map(lambda number: {"number": number}),
            splits=["train"],
        ),
        preprocessors=[preprocess],
        output_features={
            "inputs": seqio.ContinuousFeature(dtype=tf.int32, rank=1)
        },
    )
    data = RunData("foreign", [(task, 1.0)], DataRoot(), TaskChoices())
    (batch,) = batches(None, data, 1)
    assert batch["encoder_input_tokens"][:, 0].tolist() == [5, 7] * 4
    # Every other example, from the second step on.
    (rows,) = batches(None, data, 1, rows=range(0, 8, 2), start_step=1)
    assert rows["encoder_input_tokens"][:, 0].tolist() == [5] * 4


def test_upstream_seqio_gives_the_same_features(root):
    from pali_tf.data.feature_converter import PaliFeatureConverter

    dataset = seqio.get_dataset(
        named.find(THREE, root),
        LENGTHS,
        PaliFeatureConverter(pack=False),
        shuffle=True,
        num_epochs=None,
        seed=0,
        batch_size=4,
    )
    (batch,) = dataset.take(1).as_numpy_iterator()
    assert batch["images"].shape == (4, 16, 16, 3)
    assert batch["encoder_input_tokens"].shape == (4, 48)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
