"""A source: its examples by number, and one pass over them as SeqIO reads."""

import itertools
import shutil

import numpy as np
import pytest
import seqio

from pali_tf.data import vocabulary
from pali_tf.data.data_root import DataRoot
from pali_tf.data.record_query import RecordQuery
from pali_tf.data.stored_examples import StoredExamples
from pali_tf.data.task_choices import TaskChoices
from pali_tf.errors import UserError
from pali_tf.webli import records, write
from seqio_tasks import span_corruption
from tests.support import stored_examples
from tests.support.stored_examples import LENGTHS

NUM_RECORDS = 12
VQA = ("vqa/question", "vqa/reference", "vqa/question_id", "vqa/group")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=NUM_RECORDS)
    folder = root / "my_shop"
    with write.open_shard(folder / "train.tfrecord") as writer:
        for record in ASKED:
            writer.write(record)
    write.write_split_info(folder, "train", [writer.info])
    return DataRoot(str(root))


def ids(root, index=0, count=1, *, shuffle=True, seed=0):
    source = StoredExamples("webli", RecordQuery(["caption/text"]), root)
    share = seqio.ShardInfo(index=index, num_shards=count)
    dataset = source.get_dataset(
        shuffle=shuffle, seed=seed, shard_info=share if count > 1 else None
    )
    return [
        example["image/source_id"].decode()
        for example in dataset.as_numpy_iterator()
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5, NUM_RECORDS, 13])
@pytest.mark.parametrize("shuffle", [True, False])
def test_shares_are_a_partition(root, count, shuffle):
    shares = [ids(root, i, count, shuffle=shuffle) for i in range(count)]
    together = [name for share in shares for name in share]
    assert sorted(together) == sorted(
        f"scene-train-{i}" for i in range(NUM_RECORDS)
    )


def test_unshuffled_is_the_order_on_disk(root):
    # Two shards, to which records were dealt in turn.
    assert ids(root, shuffle=False) == [
        f"scene-train-{i}" for i in (*range(0, 12, 2), *range(1, 12, 2))
    ]


def test_a_seed_is_an_order_and_each_epoch_has_another(root):
    assert ids(root, seed=1) == ids(root, seed=1) != ids(root, seed=2)
    source = StoredExamples("webli", RecordQuery(["caption/text"]), root)
    names = [
        example["image/source_id"]
        for example in source.get_dataset(seed=1).repeat(2).as_numpy_iterator()
    ]
    first, second = names[:NUM_RECORDS], names[NUM_RECORDS:]
    assert first != second and sorted(first) == sorted(second)


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


def rows(root, features=VQA, **options):
    query = RecordQuery(features, has_images=False, **options)
    source = StoredExamples("my_shop", query, root)
    found = list(source.get_dataset(shuffle=False).as_numpy_iterator())
    assert source.num_input_examples("train") == len(found)
    return found


def test_each_question_is_an_example_with_its_own_references(root):
    found = rows(root, each="vqa")
    assert [row["vqa/question"] for row in found] == [b"a", b"b", b"c", b"d"]
    references = [row["vqa/reference"].tolist() for row in found]
    assert references == [[b"x", b"y"], [], [b"z"], []]
    assert [row["vqa/question_id"] for row in found] == [b"1", b"", b"", b""]
    assert [row["vqa/group"] for row in found] == [b"", b"", b"g", b""]


def test_each_caption_is_an_example(root):
    found = rows(root, ["caption/text", "vqa/question"], each="caption")
    assert [row["caption/text"] for row in found] == [b"one", b"un"]
    assert found[0]["vqa/question"].tolist() == [b"a", b"b", b"c"]


def test_a_language_is_chosen(root):
    found = rows(root, each="vqa", language="fr")
    assert [row["vqa/question"] for row in found] == [b"b", b"d"]
    found = rows(
        root, (*VQA, "caption/text"), language="en", requires="vqa/question"
    )
    assert len(found) == 1
    assert found[0]["vqa/question"].tolist() == [b"a", b"c"]
    assert found[0]["vqa/reference"].tolist() == [b"x", b"y", b"z"]
    assert found[0]["caption/text"].tolist() == [b"one"]


def test_every_record_is_an_example_where_nothing_is_required(root):
    assert len(rows(root)) == 3


def test_entries_of_a_record_are_shuffled_apart(root):
    source = StoredExamples("webli", RecordQuery(VQA, each="vqa"), root)
    first = [
        row["image/source_id"]
        for row in source.get_dataset(seed=1).as_numpy_iterator()
    ]
    assert len(first) == 3 * NUM_RECORDS
    assert sum(a == b for a, b in itertools.pairwise(first)) < NUM_RECORDS


def test_a_split_without_an_example_is_named(root):
    query = RecordQuery(VQA, each="vqa", language="sw")
    source = StoredExamples("my_shop", query, root)
    with pytest.raises(
        UserError,
        match="my_shop, split train, has no example: none of its 3 records "
        "has vqa/question in the language 'sw'. Leave the task out",
    ):
        source.examples("train", LENGTHS)
    # SeqIO's programs read nothing, as of any other empty source.
    assert list(source.get_dataset()) == []


def test_a_split_that_is_not_there_is_named(root):
    source = StoredExamples("my_shop", RecordQuery(VQA), root)
    with pytest.raises(FileNotFoundError, match="my_shop/test.info.json"):
        source.examples("test", LENGTHS)
    with pytest.raises(ValueError, match="'my_shop' would do"):
        StoredExamples("My shop", RecordQuery(VQA), root)


def texts_of(root):
    return StoredExamples(
        "text",
        RecordQuery(["text"], has_images=False),
        root,
        span_corruption.joining(TaskChoices()),
    )


def test_joined_texts_lose_nothing_and_give_nothing_twice(root):
    source, words = texts_of(root), root.vocabulary()
    lengths = {"inputs": 20, "targets": 10}
    examples = source.examples("train", lengths)
    parse = source.parser(lengths)
    load = examples.load(np.arange(examples.num_examples))
    pieces = []
    for number in range(examples.num_examples):
        stored = load(number)
        pieces.append(parse(stored.record, stored.entry)["text"].numpy())
    length = span_corruption.max_raw_tokens(20, 10)
    assert {len(piece) for piece in pieces[:-1]} == {length}
    texts = [
        row["text"].decode()
        for row in source.get_dataset(shuffle=False).as_numpy_iterator()
    ]
    assert len(texts) == NUM_RECORDS
    joined = np.concatenate([words.encode(text) for text in texts])
    np.testing.assert_array_equal(np.concatenate(pieces), joined)


def test_tokens_are_counted_once_for_each_vocabulary(root, tmp_path):
    shutil.copytree(root.path / "text", tmp_path / "text")
    with_words = DataRoot(str(tmp_path), str(root.vocabulary_path))
    folder = tmp_path / "text"
    count = texts_of(with_words).examples("train", LENGTHS).num_examples
    (kept,) = folder.glob("train.tokens-*.npz")
    written = kept.stat().st_mtime_ns
    again = texts_of(with_words).examples("train", LENGTHS)
    assert again.num_examples == count
    assert kept.stat().st_mtime_ns == written
    other = tmp_path / "other.model"
    vocabulary.train(["other words"] * 20, other, size=400)
    texts_of(DataRoot(str(tmp_path), str(other))).examples("train", LENGTHS)
    assert len(list(folder.glob("train.tokens-*.npz"))) == 2


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
