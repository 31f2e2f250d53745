import errno
import json
import logging
import os

import numpy as np
import pytest

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.webli import read, records, split_index, write


def captions(*languages):
    return records.Record(
        captions=tuple(
            records.Caption(text=f"{code} {n}", language=code, score=1.0)
            for n, code in enumerate(languages)
        )
    )


RECORDS = [
    captions("en", "fr", "en"),
    records.Record(text="a document"),
    captions("fr"),
    captions("en"),
    records.Record(labels=("cat", "dog")),
]


def write_split(root, shards, split="train"):
    """Writes a split; gives the places of the records of each shard."""
    infos = []
    for number, rows in enumerate(shards):
        path = root / "my_shop" / write.shard_name(split, number, len(shards))
        with write.open_shard(path) as writer:
            for record in rows:
                writer.write(record)
        infos.append(writer.info)
    write.write_split_info(root / "my_shop", split, infos)
    return [
        [place for place, _ in read.stored_records(path)]
        for path in read.shard_paths(root, "my_shop", split)
    ]


@pytest.fixture
def root(tmp_path):
    return files.as_path(tmp_path)


def load(root):
    return split_index.load(root, "my_shop", "train")


def file_of(root):
    return split_index.path_of(root / "my_shop", "train")


def test_every_nth_place_is_known_and_the_end_of_each_shard(root, monkeypatch):
    monkeypatch.setattr(split_index, "_STEP_BYTES", 250)
    documents = [records.Record(text="x" * 40)] * 23
    places = write_split(root, [documents[:12], [], documents[12:]])
    index = load(root)
    # Records of 80 bytes: two, as a power of two, are below 250.
    assert index.step == 2
    assert index.num_records.tolist() == [12, 0, 11]
    assert index.ends.tolist() == [12, 12, 23]
    assert (index.total, len(index.shards)) == (23, 3)
    for shard, offsets, known in zip(
        index.shards, index.offsets, places, strict=True
    ):
        size = shard.stat().length
        assert offsets.tolist() == [*known[::2], size]
    assert index.num_bytes == sum(o[-1] for o in index.offsets)


@pytest.mark.parametrize(
    ("num_bytes", "num_records", "step"),
    [
        (0, 0, 1),
        (10, 10, 1024),
        (100_000, 1, 1),
        (500_000, 1, 1),
        (131_072, 8, 8),
        (131_072, 9, 8),
    ],
)
def test_so_many_records_are_about_128_kib(num_bytes, num_records, step):
    assert split_index._step(num_bytes, num_records) == step


def test_what_records_have_is_counted_by_language(root):
    write_split(root, [RECORDS[:2], RECORDS[2:]])
    index = load(root)

    def held(*feature):
        holders = index.holders_of(*feature)
        return tuple(
            value if value is None else value.tolist()
            for value in (holders.records, holders.counts)
        )

    assert held("caption/text") == ([0, 2, 3], [3, 1, 1])
    assert held("caption/text", "en") == ([0, 3], [2, 1])
    assert held("caption/text", "fr") == ([0, 2], None)
    assert held("caption/text", "de") == ([], [])
    assert held("text") == ([1], None)
    assert held("label/text") == ([4], [2])
    assert held("vqa/question") == ([], [])


def test_what_all_records_have_takes_no_room(root):
    write_split(root, [[captions("en"), captions("en", "en")]])
    holders = load(root).holders_of("caption/text", "en")
    assert holders.records is None
    assert holders.counts.tolist() == [1, 2]
    write_split(root, [[captions("en"), captions("fr")]])
    holders = load(root).holders_of("caption/text")
    assert (holders.records, holders.counts) == (None, None)


def test_it_is_made_once(root, monkeypatch):
    write_split(root, [RECORDS])
    made = load(root)
    assert load(root) is made
    split_index._load.cache_clear()
    monkeypatch.setattr(split_index, "_build", None)
    found = load(root)
    assert found.digest == made.digest
    np.testing.assert_array_equal(found.offsets[0], made.offsets[0])
    assert found.holders.keys() == made.holders.keys()


def test_it_is_made_anew_when_the_info_file_changes(root):
    write_split(root, [RECORDS])
    first, content = load(root), file_of(root).read_bytes()
    write_split(root, [RECORDS[:3]])
    second = load(root)
    assert (first.total, second.total) == (5, 3)
    assert first.digest != second.digest
    assert file_of(root).read_bytes() != content
    with np.load(file_of(root)) as kept:
        assert kept["digest"] == second.digest


def test_a_folder_that_cannot_be_written_will_do(root, monkeypatch, caplog):
    write_split(root, [RECORDS])

    def refuse(source, target):
        raise OSError(errno.EROFS, "read-only", target)

    monkeypatch.setattr(os, "replace", refuse)
    with caplog.at_level(logging.WARNING, logger="absl"):
        assert load(root).total == 5
    assert "read-only" in caplog.text and "pali index" in caplog.text
    assert not file_of(root).exists()
    # In memory it is kept.
    monkeypatch.setattr(split_index, "_build", None)
    assert load(root).total == 5


@pytest.mark.parametrize("size", [0, 10, 400])
def test_a_damaged_index_is_made_anew(root, size, caplog):
    write_split(root, [RECORDS])
    load(root)
    whole = file_of(root).read_bytes()
    file_of(root).write_bytes(whole[:size])
    split_index._load.cache_clear()
    with caplog.at_level(logging.WARNING, logger="absl"):
        assert load(root).total == 5
    assert "is damaged" in caplog.text
    assert file_of(root).read_bytes() == whole


def test_a_damaged_record_is_named(root):
    write_split(root, [RECORDS])
    (shard,) = read.shard_paths(root, "my_shop", "train")
    content = bytearray(shard.read_bytes())
    content[14] ^= 1
    shard.write_bytes(content)
    with pytest.raises(UserError, match=f"{shard.name}: record 0, at byte 0"):
        load(root)
    assert not file_of(root).exists()


def test_shards_that_are_not_what_the_info_file_says_are_told(root):
    write_split(root, [RECORDS])
    path = root / "my_shop" / "train.info.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"num_examples": 9})
    )
    with pytest.raises(UserError, match="5 records.* says 9"):
        load(root)


def test_a_split_that_is_not_there_is_named(root):
    write_split(root, [RECORDS])
    with pytest.raises(FileNotFoundError, match="my_shop/test.info.json"):
        split_index.load(root, "my_shop", "test")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
