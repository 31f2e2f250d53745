import itertools
import logging
import os

import numpy as np
import pytest
import seqio
import tensorflow as tf

import seqio_tasks  # noqa: F401 (registers the tasks)
from pali_tf.data import input_pipeline, location, task_ids
from pali_tf.webli import read, records, write
from tests.support import stored_examples

LENGTHS = stored_examples.LENGTHS


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root)
    return root


@pytest.fixture(autouse=True)
def located(root):
    location.set_data_dir(root)
    yield
    location.set_data_dir(None)


def batches(name, count, **kwargs):
    options = {"batch_size": 8, "seed": 3, "feature_lengths": LENGTHS, **kwargs}
    iterator = input_pipeline.train_batches(
        input_pipeline.find_mixture_or_task(name), **options
    )
    return list(itertools.islice(iterator, count))


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.fixture(scope="module")
def mixed(root):
    location.set_data_dir(root)
    return batches("pali_tiny", 12)


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


def test_text_alone_has_no_image(mixed):
    text = task_ids.register("text_span_corruption")
    for batch in mixed:
        np.testing.assert_array_equal(
            batch["image_mask"], batch["task_id"] != text
        )
        assert not batch["images"][batch["task_id"] == text].any()


# 12 records a task: the batches lie several epochs apart.
@pytest.mark.parametrize("start", [1, 9])
def test_starting_at_a_step_is_having_come_to_it(mixed, start):
    resumed = batches("pali_tiny", 3, start_step=start)
    for first, second in zip(resumed, mixed[start:], strict=False):
        assert_equal(first, second)


def test_readers_fill_rows_in_order():
    num_readers = 4
    options = {"num_readers": num_readers}
    whole = batches("pali_highres", 4, **options)
    share = 8 // num_readers
    for reader in range(num_readers):
        rows = batches("pali_highres", 4, readers=(reader,), **options)
        for batch, own in zip(whole, rows, strict=True):
            start = reader * share
            assert_equal(
                {k: v[start : start + share] for k, v in batch.items()}, own
            )


def test_readers_continue_where_they_stood():
    whole = batches("pali_highres", 6, num_readers=2)
    resumed = batches("pali_highres", 2, num_readers=2, start_step=4)
    for first, second in zip(whole[4:], resumed, strict=True):
        assert_equal(first, second)


def test_readers_share_an_epoch_between_them():
    # 12 records: three batches of four are one epoch of each reader's half.
    task = {"batch_size": 4, "num_readers": 2}
    epoch = batches("vq2a_cc3m35l_vqa", 3, **task)
    alone = batches("vq2a_cc3m35l_vqa", 3, batch_size=4)
    seen, expected = (
        sorted(np.concatenate([b["images"] for b in part]).sum((1, 2, 3)))
        for part in (epoch, alone)
    )
    assert seen == expected


def test_readers_must_divide_the_batch():
    with pytest.raises(ValueError, match="num_readers is 3, .* batch of 8"):
        batches("pali_tiny", 1, num_readers=3)


def test_another_seed_gives_other_batches(mixed):
    (other,) = batches("pali_tiny", 1, seed=4)
    tokens = "encoder_input_tokens"
    assert (other[tokens] != mixed[0][tokens]).any()


def test_each_epoch_draws_anew():
    vqa = batches("vq2a_cc3m35l_vqa", 9, batch_size=4)
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


def test_evaluation_examples_are_the_same_each_time():
    task = input_pipeline.find_mixture_or_task("cc3m35l_captioning")
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


def test_unknown_names_get_the_nearest():
    with pytest.raises(ValueError, match="pali_tiny"):
        input_pipeline.find_mixture_or_task("pali_tini")
    with pytest.raises(ValueError, match="Known: "):
        input_pipeline.find_mixture_or_task("zzzz")


def test_missing_data_say_what_to_do(tmp_path):
    location.set_data_dir(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="pali sample-data"):
        batches("pali_tiny", 1)
    location.set_data_dir(tmp_path)
    with pytest.raises(FileNotFoundError, match="No data at"):
        batches("pali_tiny", 1)


def test_a_truncated_file_is_named(tmp_path):
    stored_examples.write_data(tmp_path)
    location.set_data_dir(tmp_path)
    shard = read.shard_paths(tmp_path, "webli", "train")[1]
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(ValueError, match=f"{shard.name}.*truncated"):
        batches("webli_ocr", 10)


def test_a_corrupt_image_is_named(tmp_path):
    stored_examples.write_data(tmp_path)
    location.set_data_dir(tmp_path)
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
    path = read.shard_paths(tmp_path, "webli", "train")[0]
    with write.open_shard(path) as writer:
        for record in (good, bad):
            writer.write(record)
    with pytest.raises(ValueError, match=f"{path.name}.*the-bad-one"):
        batches("webli_split_captioning", 10)


def test_prompts_over_the_length_are_counted(caplog):
    with caplog.at_level(logging.WARNING, logger="absl"):
        batches("vq2a_cc3m35l_vqa", 2, feature_lengths={**LENGTHS, "inputs": 8})
    assert "8 prompts were over 8 tokens" in caplog.text


def test_the_number_of_threads_changes_nothing(mixed, monkeypatch):
    # Half of the cores read: one thread, and eight.
    for num_cores in (2, 16):
        monkeypatch.setattr(os, "cpu_count", lambda n=num_cores: n)
        for first, second in zip(
            batches("pali_tiny", 3), mixed[:3], strict=True
        ):
            assert_equal(first, second)


def test_examples_are_the_rows_of_the_batches(mixed):
    drawn = input_pipeline.train_examples(
        input_pipeline.find_mixture_or_task("pali_tiny"),
        feature_lengths=LENGTHS,
        seed=3,
    )
    names = task_ids.names()
    for batch in mixed[:4]:
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
        output_features={},
    )
    batch = next(
        input_pipeline.train_batches(
            task, feature_lengths=LENGTHS, batch_size=8, seed=0
        )
    )
    assert batch["encoder_input_tokens"][:, 0].tolist() == [5, 7] * 4


def test_upstream_seqio_gives_the_same_features():
    from pali_tf.data.feature_converter import PaliFeatureConverter

    dataset = seqio.get_dataset(
        "pali_tiny",
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
