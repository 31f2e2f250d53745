import json
import re

import pytest

from pali_tf.webli import read, records, write

TEXTS = ("first", "second", "third")


@pytest.fixture
def data_dir(tmp_path):
    path = tmp_path / "text" / "train.tfrecord-00000-of-00001"
    with write.open_shard(path) as shard:
        for text in TEXTS:
            shard.write(records.Record(text=text))
    info = shard.info
    write.write_split_info(path.parent, "train", [info])
    return tmp_path


def shard_of(data_dir):
    (path,) = read.shard_paths(data_dir, "text", "train")
    return path


def second_offset(path):
    """The byte where the second record starts, from the first's length."""
    return 16 + int.from_bytes(path.read_bytes()[:8], "little")


def test_reads_in_order(data_dir):
    found = read.read_split(data_dir, "text", "train")
    assert [record.text for record in found] == list(TEXTS)


def test_truncated_shard_names_file_record_and_offset(data_dir):
    path = shard_of(data_dir)
    offset = second_offset(path)
    path.write_bytes(path.read_bytes()[: offset + 20])
    reader = read.read_shard(path)
    assert next(reader).text == "first"
    message = re.escape(f"{path}: record 1, at byte {offset}, is truncated")
    with pytest.raises(ValueError, match=message):
        next(reader)


def test_corrupt_byte_is_found_at_its_record(data_dir):
    path = shard_of(data_dir)
    content = bytearray(path.read_bytes())
    offset = second_offset(path)
    content[offset + 14] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"record 1, at byte {offset}"):
        list(read.read_shard(path))
    with pytest.raises(ValueError, match=r"sha256.*train\.info\.json"):
        read.verify_split(data_dir, "text", "train")


def test_verify_accepts_what_was_written(data_dir):
    assert read.verify_split(data_dir, "text", "train").num_examples == 3


def test_missing_split_says_what_is_there(data_dir):
    with pytest.raises(FileNotFoundError, match=r"text/train\.info\.json"):
        read.read_split_info(data_dir, "text", "test")


def test_missing_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="Present in .*: nothing"):
        read.read_split_info(tmp_path / "none", "text", "train")


def test_missing_shard_is_named(data_dir):
    shard_of(data_dir).unlink()
    with pytest.raises(FileNotFoundError, match="00000-of-00001 is missing"):
        read.shard_paths(data_dir, "text", "train")
    with pytest.raises(FileNotFoundError, match="no shard"):
        list(read.read_shard(data_dir / "text" / "nothing"))


def test_other_schema_version_is_refused(data_dir):
    path = data_dir / "text" / "train.info.json"
    content = json.loads(path.read_text()) | {"schema_version": 99}
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="schema version 99"):
        read.read_split_info(data_dir, "text", "train")


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_what_is_no_info_file_is_refused(data_dir, content):
    (data_dir / "text" / "train.info.json").write_text(content)
    with pytest.raises(ValueError, match="not a split's info file"):
        read.read_split_info(data_dir, "text", "train")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
