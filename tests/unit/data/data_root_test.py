import hashlib

import pytest
import seqio
import tensorflow as tf

from pali_tf.data import data_root, vocabulary
from pali_tf.data.data_root import DataRoot, PaliVocabulary, vocabulary_sha256
from pali_tf.errors import UserError
from pali_tf.webli import write
from seqio_tasks import catalog

PROMPT = "Generate the alt_text in EN at 2: a red <extra_id_0>"


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


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = DataRoot(str(tmp_path_factory.mktemp("data")))
    vocabulary.train([PROMPT] * 20, root.vocabulary_path, size=400)
    return root


def test_no_file_is_needed_until_it_is_used(tmp_path):
    words = PaliVocabulary(DataRoot(str(tmp_path)))
    assert (words.eos_id, words.unk_id, words.pad_id) == (1, 2, 0)
    with pytest.raises(FileNotFoundError, match="sample-data"):
        words.encode(PROMPT)


def test_it_is_the_vocabulary_of_its_root(root):
    words, loaded = PaliVocabulary(root), root.vocabulary()
    assert words.vocab_size == loaded.vocab_size
    assert words.encode(PROMPT) == loaded.encode(PROMPT)
    assert words.decode(words.encode(PROMPT)) == PROMPT
    ids = words.encode_tf(tf.constant(PROMPT))
    assert words.decode_tf(ids).numpy().decode() == PROMPT


def test_roots_tell_them_apart(root, tmp_path):
    words = PaliVocabulary(root)
    assert words == PaliVocabulary(DataRoot(root.data_dir))
    assert words != PaliVocabulary(DataRoot(str(tmp_path)))
    beside = DataRoot(str(tmp_path), str(root.vocabulary_path))
    assert PaliVocabulary(beside).encode(PROMPT) == words.encode(PROMPT)


def test_a_task_tells_the_digest_of_its_vocabulary(root):
    task = catalog.TASKS["webli_ocr"].bind(root)
    content = root.vocabulary_path.read_bytes()
    assert vocabulary_sha256(task) == hashlib.sha256(content).hexdigest()
    foreign = seqio.Task(
        "foreign",
        source=seqio.TextLineDataSource({"train": "lines.txt"}),
        preprocessors=[],
        output_features={
            "inputs": seqio.Feature(vocabulary=seqio.ByteVocabulary())
        },
    )
    assert vocabulary_sha256(foreign) is None


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
