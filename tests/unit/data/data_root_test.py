import hashlib

import pytest

from pali_tf.data import data_root
from pali_tf.data.data_root import DataRoot
from pali_tf.errors import UserError
from pali_tf.webli import write


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.delenv(data_root.ENVIRONMENT_VARIABLE, raising=False)


def test_without_a_name_the_message_says_what_to_do():
    with pytest.raises(UserError, match="pali sample-data"):
        _ = DataRoot().path
    with pytest.raises(UserError, match="PALI_DATA_DIR"):
        _ = DataRoot().vocabulary_path


def test_a_missing_folder_is_named_when_it_is_used(tmp_path):
    root = DataRoot(str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match="nothing"):
        _ = root.path


def test_what_is_named_wins_over_the_environment(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv(data_root.ENVIRONMENT_VARIABLE, str(tmp_path / "a"))
    assert DataRoot().path == tmp_path / "a"
    assert DataRoot(str(tmp_path / "b")).path == tmp_path / "b"


def test_two_roots_are_used_side_by_side(tmp_path):
    for name in ("a", "b"):
        write.write_split_info(tmp_path / name / f"shop_{name}", "train", [])
    one, two = (DataRoot(str(tmp_path / name)) for name in ("a", "b"))
    assert one.splits == (("shop_a", "train"),)
    assert two.splits == (("shop_b", "train"),)
    assert one == DataRoot(str(tmp_path / "a")) != two


def test_vocabulary_is_in_the_data_root_or_where_it_is_said(tmp_path):
    root = DataRoot(str(tmp_path))
    expected = tmp_path / "vocabulary" / "sentencepiece.model"
    assert root.vocabulary_path == expected
    (tmp_path / "mt5.model").write_bytes(b"mt5")
    other = DataRoot(str(tmp_path), str(tmp_path / "mt5.model"))
    assert other.vocabulary_path == tmp_path / "mt5.model"
    assert other.vocabulary_sha256 == hashlib.sha256(b"mt5").hexdigest()


def test_data_are_told_apart_by_a_digest(tmp_path):
    root = DataRoot(str(tmp_path))
    assert root.data_sha256("my_shop", "train") is None
    write.write_split_info(tmp_path / "my_shop", "train", [])
    first = root.data_sha256("my_shop", "train")
    shard = write.ShardInfo(file="x", num_examples=1, sha256="ab")
    write.write_split_info(tmp_path / "my_shop", "train", [shard])
    assert len(first) == 64
    assert root.data_sha256("my_shop", "train") not in (None, first)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
