import pytest
import seqio
import tensorflow as tf

from pali_tf.data import vocabulary
from seqio_tasks import features

PROMPT = "Answer in EN: what is in the image, one two three? <extra_id_0>"


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("v") / "m.model"
    vocabulary.train([PROMPT, "detect cat and dog and cow"] * 9, path)
    return vocabulary.load(path)


def tokenize(words, inputs, targets, length):
    dataset = tf.data.Dataset.from_tensors(
        {"inputs": inputs, "targets": targets, "language": "en"}
    )
    dataset = features.tokenize(
        dataset,
        sequence_length={"inputs": length, "targets": 4},
        output_features={
            name: seqio.Feature(vocabulary=words)
            for name in ("inputs", "targets")
        },
    )
    (example,) = dataset.as_numpy_iterator()
    return example


def test_tokens_end_with_eos_and_nothing_is_kept_twice(words):
    example = tokenize(words, PROMPT, "a", 64)
    assert example["inputs"].tolist() == [*words.encode(PROMPT), 1]
    assert example["targets"].tolist() == [*words.encode("a"), 1]
    assert not example["is_truncated"]
    assert set(example) == {"inputs", "targets", "language", "is_truncated"}


def test_a_long_prompt_keeps_its_head_and_its_sentinel(words):
    whole = words.encode(PROMPT)
    example = tokenize(words, PROMPT, "a", 8)
    assert example["inputs"].tolist() == [*whole[:6], words.vocab_size - 1, 1]
    assert example["is_truncated"]
    assert words.decode(example["inputs"].tolist()).startswith("Answer in EN:")


def test_a_long_prompt_without_a_sentinel_is_cut_at_its_end(words):
    text = "detect cat and dog and cow"
    example = tokenize(words, text, "a", 4)
    assert example["inputs"].tolist() == [*words.encode(text)[:3], 1]


def test_a_long_target_has_no_end(words):
    example = tokenize(words, PROMPT, "cat and dog and cow", 64)
    assert len(example["targets"]) == 4
    assert 1 not in example["targets"]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
