"""The shares of a source, which readers of one run take."""

import itertools

import pytest
import seqio

from pali_tf.data import location
from pali_tf.webli import records, write
from seqio_tasks.sources import StoredExamples
from tests.support import stored_examples

NUM_RECORDS = 12


@pytest.fixture(scope="module", autouse=True)
def located(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=NUM_RECORDS)
    location.set_data_dir(root)
    yield
    location.set_data_dir(None)


def ids(index=0, count=1, *, shuffle=True, seed=0):
    source = StoredExamples("webli", ["caption/text"])
    share = seqio.ShardInfo(index=index, num_shards=count)
    dataset = source.get_dataset(
        shuffle=shuffle, seed=seed, shard_info=share if count > 1 else None
    )
    return [
        example["image/source_id"].decode()
        for example in dataset.as_numpy_iterator()
    ]


# Two files a split: two shares are files, more are records.
@pytest.mark.parametrize("count", [2, 3, 5, NUM_RECORDS])
@pytest.mark.parametrize("shuffle", [True, False])
def test_shares_are_a_partition(count, shuffle):
    # Each reader shuffles by a seed of its own.
    shares = [ids(i, count, shuffle=shuffle, seed=i) for i in range(count)]
    assert all(shares)
    together = [name for share in shares for name in share]
    assert sorted(together) == sorted(ids())
    assert len(set(together)) == NUM_RECORDS


def test_shares_of_equal_numbers_of_files_are_files():
    assert {name[-1] in "02468" for name in ids(0, 2)} == {True}


def test_there_must_be_a_record_for_each():
    with pytest.raises(ValueError, match="12 records, too few for 13 readers"):
        ids(0, 13)


def question(text, language="en", **parts):
    return records.QuestionAnswer(
        question=text, answer="yes", language=language, **parts
    )


ASKED = [
    records.Record(
        captions=(
            records.Caption(text="one", language="en", score=1.0),
            records.Caption(text="un", language="fr", score=0.5),
        ),
        question_answers=(
            question("a", references=("x", "y"), question_id="1"),
            question("b", "fr"),
            question("c", references=("z",), group="g"),
        ),
    ),
    records.Record(),
    records.Record(question_answers=(question("d", "fr"),)),
]
VQA = ("vqa/question", "vqa/reference", "vqa/question_id", "vqa/group")


@pytest.fixture(scope="module", autouse=True)
def asked(located):
    folder = location.data_dir() / "my_shop"
    with write.open_shard(path := folder / "train.tfrecord") as writer:
        for record in ASKED:
            writer.write(record)
    write.write_split_info(folder, "train", [write.describe_shard(path, 3)])


def rows(features=VQA, **options):
    source = StoredExamples("my_shop", features, has_images=False, **options)
    return list(source.get_dataset(shuffle=False).as_numpy_iterator())


def test_each_question_is_an_example_with_its_own_references():
    found = rows(each="vqa")
    assert [row["vqa/question"] for row in found] == [b"a", b"b", b"c", b"d"]
    references = [row["vqa/reference"].tolist() for row in found]
    assert references == [[b"x", b"y"], [], [b"z"], []]
    assert [row["vqa/question_id"] for row in found] == [b"1", b"", b"", b""]
    assert [row["vqa/group"] for row in found] == [b"", b"", b"g", b""]


def test_each_caption_is_an_example():
    found = rows(["caption/text", "vqa/question"], each="caption")
    assert [row["caption/text"] for row in found] == [b"one", b"un"]
    assert found[0]["vqa/question"].tolist() == [b"a", b"b", b"c"]


def test_a_language_is_chosen():
    found = rows(each="vqa", language="fr")
    assert [row["vqa/question"] for row in found] == [b"b", b"d"]
    found = rows((*VQA, "caption/text"), language="en", requires="vqa/question")
    assert len(found) == 1
    assert found[0]["vqa/question"].tolist() == [b"a", b"c"]
    assert found[0]["vqa/reference"].tolist() == [b"x", b"y", b"z"]
    assert found[0]["caption/text"].tolist() == [b"one"]


def test_entries_of_a_record_are_shuffled_apart():
    source = StoredExamples("webli", VQA, each="vqa")
    first = [
        row["image/source_id"]
        for row in source.get_dataset(seed=1).as_numpy_iterator()
    ]
    assert len(first) == 3 * NUM_RECORDS
    assert sum(a == b for a, b in itertools.pairwise(first)) < NUM_RECORDS


def test_a_list_is_named_right():
    with pytest.raises(ValueError, match="did you mean 'caption'"):
        StoredExamples("my_shop", ["caption/text"], each="captions")
    with pytest.raises(ValueError, match="needs features of vqa"):
        StoredExamples("my_shop", ["caption/text"], each="vqa")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
