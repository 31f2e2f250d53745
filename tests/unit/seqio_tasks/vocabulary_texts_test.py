import shutil

import pytest

from pali_tf.data import data_root, vocabulary
from pali_tf.data.data_root import DataRoot
from seqio_tasks import vocabulary_texts
from tests.support import stored_examples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=6)
    return root


def test_prompts_targets_and_documents_are_among_the_texts(root):
    texts = list(
        vocabulary_texts.task_texts(DataRoot(str(root)), num_records=6)
    )
    assert "Generate the ocr_text in EN: <extra_id_0>" in texts
    assert "hello world n0" in texts
    assert "0 200 400 599 cat 500 100 899 400 dog" in texts
    assert any(text.startswith("document 0") for text in texts)


def test_sources_that_are_absent_are_left_out(root, tmp_path):
    shutil.copytree(root / "cc3m35l", tmp_path / "cc3m35l")
    texts = list(
        vocabulary_texts.task_texts(DataRoot(str(tmp_path)), num_records=6)
    )
    assert any(text.startswith("Generate the alt_text") for text in texts)
    assert not any(text.startswith("detect") for text in texts)
    with pytest.raises(ValueError, match="no text to train"):
        vocabulary_texts.train_vocabulary(root / "vocabulary")


def test_the_program_writes_into_the_data_root(root):
    path = root / data_root.VOCABULARY
    path.unlink()
    assert vocabulary_texts.main([f"--data_dir={root}", "--size=1500"]) == 0
    loaded = vocabulary.load(path)
    for text in ("Generate the", "Answer in EN", "cat and dog"):
        assert len(loaded.encode(text)) == len(text.split())


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
