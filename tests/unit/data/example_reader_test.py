"""Examples by number: whole records, entries of them, and joined texts."""

import numpy as np
import pytest
import tensorflow as tf

from pali_tf import files
from pali_tf.data import example_reader
from pali_tf.data.example_reader import (
    Entries,
    JoinedTexts,
    RecordReader,
    Stored,
    text_of,
)
from pali_tf.errors import UserError
from pali_tf.webli import read, records, split_index, write
from pali_tf.webli.split_index import Holders

NUM_RECORDS = 40


def write_texts(root, texts, num_shards=2):
    """Writes texts, so many a shard one after the other."""
    infos = []
    for number, part in enumerate(np.array_split(texts, num_shards)):
        name = write.shard_name("train", number, num_shards)
        path = root / "texts" / name
        with write.open_shard(path) as writer:
            for text in part:
                writer.write(records.Record(text=str(text)))
        infos.append(writer.info)
    write.write_split_info(root / "texts", "train", infos)
    return split_index.load(root, "texts", "train")


@pytest.fixture
def root(tmp_path, monkeypatch):
    # Several records lie between two known offsets.
    monkeypatch.setattr(split_index, "_STEP_BYTES", 200)
    return files.as_path(tmp_path)


@pytest.fixture
def index(root):
    index = write_texts(root, [f"text {n:02}" for n in range(NUM_RECORDS)])
    assert index.step == 4
    return index


def texts(found):
    return {number: text_of(data).decode() for number, data in found.items()}


@pytest.mark.parametrize(
    "numbers", [[0], [39], [19, 20], [5, 3, 3], range(NUM_RECORDS), [0, 17, 38]]
)
@pytest.mark.parametrize("gap_bytes", [0, 1 << 18])
def test_records_are_found_by_number(index, monkeypatch, numbers, gap_bytes):
    monkeypatch.setattr(example_reader, "_GAP_BYTES", gap_bytes)
    found = RecordReader(index).read(np.array(numbers))
    assert texts(found) == {n: f"text {n:02}" for n in numbers}


def test_neighbours_are_read_at_once_and_gaps_are_not(index, monkeypatch):
    asked = []

    def read_range(path, offset, size):
        asked.append((path.name[-14:-9], size))
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(size)

    monkeypatch.setattr(files, "read_range", read_range)
    monkeypatch.setattr(example_reader, "_GAP_BYTES", 100)
    RecordReader(index).read(np.array([0, 1, 5, 18, 25]))
    part = 4 * (index.offsets[0][-1] // 20)
    assert asked == [("00000", 2 * part), ("00000", part), ("00001", part)]


def entries_of(index, holders, is_each):
    examples = Entries(RecordReader(index), holders, is_each)
    load = examples.load(np.arange(examples.num_examples))
    found = map(load, range(examples.num_examples))
    return [(text_of(stored.record), stored.entry) for stored in found]


@pytest.mark.parametrize("counts", [None, np.array([1, 3, 2])])
@pytest.mark.parametrize("is_each", [True, False])
def test_entries_are_those_of_the_holders(index, counts, is_each):
    holders = Holders(np.array([2, 20, 39]), counts)
    found = entries_of(index, holders, is_each)
    sizes = [1, 3, 2] if is_each and counts is not None else [1, 1, 1]
    assert found == [
        (f"text {record:02}".encode(), entry)
        for record, size in zip([2, 20, 39], sizes, strict=True)
        for entry in range(size)
    ]


def test_all_records_may_be_holders(index):
    found = entries_of(index, Holders(None, None), False)
    assert found == [(b"text %02d" % n, 0) for n in range(NUM_RECORDS)]
    counts = np.full(NUM_RECORDS, 2)
    assert len(entries_of(index, Holders(None, counts), True)) == 80


def test_bytes_of_an_example_are_those_that_are_read(index):
    reader = RecordReader(index)
    one = Entries(reader, Holders(None, None), False)
    two = Entries(reader, Holders(None, np.full(NUM_RECORDS, 2)), True)
    assert one.mean_bytes == index.num_bytes / NUM_RECORDS
    assert two.mean_bytes == one.mean_bytes / 2


def joined_of(stored, length):
    """The letters of an example; a letter is a token."""
    features = tf.train.Example.FromString(stored.record).features.feature
    letters = b"".join(features["text"].bytes_list.value)
    return letters[stored.entry : stored.entry + length].decode()


@pytest.mark.parametrize("length", [1, 2, 5, 7, 100])
@pytest.mark.parametrize("num_shards", [1, 3])
def test_joined_texts_lose_nothing_and_give_nothing_twice(
    root, length, num_shards
):
    rows = ["ab", "", "c", "defghijkl", "", "mno", "pqrstuvwxyz", ""]
    index = write_texts(root, rows, num_shards)
    examples = JoinedTexts(
        RecordReader(index), np.array([len(row) for row in rows]), length
    )
    numbers = np.arange(examples.num_examples)
    load = examples.load(numbers)
    pieces = [joined_of(load(int(n)), length) for n in numbers]
    assert "".join(pieces) == "".join(rows)
    assert {len(piece) for piece in pieces[:-1]} <= {length}
    # Any few of them are the same, and nothing that they need not is read.
    for number in numbers[::-1]:
        stored = examples.load(np.array([number]))(int(number))
        assert stored == load(int(number))
        letters = len(joined_of(Stored(stored.record, 0), 1000))
        assert letters < length + 2 * 11


def test_texts_without_a_token_give_no_example(root):
    index = write_texts(root, ["", ""], 1)
    examples = JoinedTexts(RecordReader(index), np.zeros(2, np.int64), 5)
    assert examples.num_examples == 0


def damage(index, place):
    path = index.shards[1]
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    return path


def test_a_damaged_record_is_named(index):
    place = [place for place, _ in read.stored_records(index.shards[1])][6]
    path = damage(index, place + 13)
    reader = RecordReader(index)
    message = f"{path.name}: record 6, at byte {place}, .*data are damaged"
    with pytest.raises(UserError, match=message):
        reader.read(np.array([26]))
    # Others can be read.
    assert texts(reader.read(np.array([25, 27]))).keys() == {25, 27}


def test_a_truncated_shard_is_named(index):
    path = index.shards[0]
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match=f"{path.name}: record 19.*its end"):
        RecordReader(index).read(np.array([19]))


def test_a_shard_that_was_written_again_is_told(index):
    path = index.shards[0]
    with write.open_shard(path) as writer:
        for number in range(20):
            writer.write(records.Record(text="longer " * number))
    with pytest.raises(UserError, match=f"{path.name} is whole.*pali index"):
        RecordReader(index).read(np.arange(20))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
