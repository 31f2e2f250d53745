import hashlib
import json

import pytest

from pali_tf.webli import read, records, write


def text_record(text):
    return records.Record(text=text)


def test_shard_names_follow_tensorflow_datasets():
    assert write.shard_name("train", 3, 16) == "train.tfrecord-00003-of-00016"


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "text" / "train.tfrecord-00000-of-00001"
    written = [text_record("one"), text_record("two")]
    with write.open_shard(path) as shard:
        for record in written:
            shard.write(record)
    assert list(read.read_shard(path)) == written
    assert shard.num_examples == 2


def test_failure_leaves_no_file_behind(tmp_path):
    path = tmp_path / "train.tfrecord-00000-of-00001"
    with pytest.raises(RuntimeError), write.open_shard(path) as shard:
        shard.write(text_record("one"))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_info_lists_the_shards_in_order(tmp_path):
    shards = []
    for number in (1, 0):
        path = tmp_path / write.shard_name("test", number, 2)
        with write.open_shard(path) as shard:
            shard.write(text_record(str(number)))
        shards.append(shard.info)
    write.write_split_info(tmp_path, "test", shards)
    info = json.loads((tmp_path / "test.info.json").read_text())
    first = tmp_path / "test.tfrecord-00000-of-00002"
    assert info["schema_version"] == records.SCHEMA_VERSION
    assert info["num_examples"] == 2
    assert info["shards"][0] == {
        "file": first.name,
        "num_examples": 1,
        "sha256": hashlib.sha256(first.read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
