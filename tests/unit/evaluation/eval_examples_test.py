"""One pass over a task's examples: by one process, and shared by several."""

import numpy as np
import pytest
import seqio

from pali_tf.data.data_root import DataRoot
from pali_tf.evaluation.eval_examples import EvalExamples, Share
from seqio_tasks import named
from tests.support import stored_examples

NUM_EXAMPLES = 6


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=NUM_EXAMPLES)
    (task,) = named.find("cc3m35l_captioning", DataRoot(str(root))).tasks
    return task


@pytest.fixture(scope="module")
def foreign(task):
    """The same of a task whose examples are not known before they are read."""

    def dataset(split, shuffle_files, seed=None):
        del shuffle_files, seed
        return task.source.get_dataset(split, shuffle=False)

    return seqio.Task(
        "foreign",
        source=seqio.FunctionDataSource(dataset, splits=["test"]),
        preprocessors=task.preprocessors,
        output_features=task.output_features,
        shuffle_buffer_size=None,
    )


def examples_of(task, **changes):
    return EvalExamples(
        task,
        feature_lengths=stored_examples.LENGTHS,
        split="test",
        **{"batch_size": 4, **changes},
    )


def names(fields):
    return [field["example_id"].decode() for field in fields]


@pytest.fixture(scope="module")
def whole(task):
    return list(examples_of(task).batches())


def test_the_last_batch_is_filled_up_and_told_apart(task, whole):
    assert [len(batch["images"]) for batch, _ in whole] == [4, 4]
    assert [len(fields) for _, fields in whole] == [4, 2]
    last = whole[1][0]["images"]
    np.testing.assert_array_equal(last[2:], last[[1, 1]])
    found = [name for _, fields in whole for name in names(fields)]
    assert len(set(found)) == NUM_EXAMPLES
    assert "images" not in whole[0][1][0]
    rest = list(examples_of(task, fill_up=False).batches())
    assert [len(batch["images"]) for batch, _ in rest] == [4, 2]


def test_only_the_first_are_read(task, whole):
    examples = examples_of(task, limit=3)
    assert examples.total == 3
    ((batch, fields),) = examples.batches()
    assert names(fields) == names(whole[0][1])[:3]
    assert len(batch["images"]) == 4


def test_each_gets_the_image_of_another(task, whole):
    images = [image for batch, _ in whole for image in batch["images"]]
    images = images[:NUM_EXAMPLES]
    shifted = [
        (image, tokens)
        for batch, _ in examples_of(task).batches(image_shift=2)
        for image, tokens in zip(
            batch["images"], batch["encoder_input_tokens"], strict=True
        )
    ]
    tokens = [
        row for batch, _ in whole for row in batch["encoder_input_tokens"]
    ]
    for number in range(NUM_EXAMPLES):
        other = images[(number + 2) % NUM_EXAMPLES]
        np.testing.assert_array_equal(shifted[number][0], other)
        np.testing.assert_array_equal(shifted[number][1], tokens[number])


@pytest.mark.slow
def test_processes_read_their_rows_and_know_the_texts_of_all(task, whole):
    told = {}
    for own in ([0, 1], [2, 3]):
        share = Share(
            own, lambda fields, own=own: [told.setdefault(own[0], fields)]
        )
        for (batch, _), (alone, _) in zip(
            examples_of(task, share=share).batches(), whole, strict=True
        ):
            for name, value in batch.items():
                np.testing.assert_array_equal(value, alone[name][own])
    # What the first batch's processes tell each other.
    first, second = told[0], told[2]
    share = Share([2, 3], lambda fields: [first, fields])
    _, fields = next(examples_of(task, share=share).batches())
    assert names(fields) == names(whole[0][1])
    assert sorted({*first, *second}) == [0, 1, 2, 3]


@pytest.mark.slow
def test_examples_that_are_not_counted_are_read_to_their_end(foreign, whole):
    examples = examples_of(foreign)
    assert examples.total is None
    found = list(examples.batches(image_shift=1))
    assert [names(fields) for _, fields in found] == [
        names(fields) for _, fields in whole
    ]
    images = np.concatenate([batch["images"] for batch, _ in whole])
    np.testing.assert_array_equal(found[0][0]["images"], images[1:5])
    np.testing.assert_array_equal(found[1][0]["images"][1], images[0])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
