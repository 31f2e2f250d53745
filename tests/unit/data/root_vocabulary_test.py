import hashlib

import pytest
import seqio
import tensorflow as tf

from pali_tf.data import vocabulary
from pali_tf.data.data_root import DataRoot
from pali_tf.data.root_vocabulary import PaliVocabulary, vocabulary_sha256
from seqio_tasks import catalog

PROMPT = "Generate the alt_text in EN at 2: a red <extra_id_0>"


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
