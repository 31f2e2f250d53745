"""Ids are those of training and of serving."""

import numpy as np
import pytest
import tensorflow as tf

from pali_tf.presets.tokenizer import Tokenizer
from serving.request_text import TextCodec
from tests.support import tiny_vocabulary

TEXTS = ["a red square", "", "two  blue circles ", "wörld 世界", "<extra_id_0>"]
LENGTH = 40


@pytest.fixture(scope="module")
def model():
    return tiny_vocabulary.make()


def test_ids_are_those_of_serving(model):
    expected = TextCodec(model).encode(
        tf.constant(TEXTS), length=LENGTH, name="prompt"
    )
    found = Tokenizer(model).encode(TEXTS, length=LENGTH, name="prompts")
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int32


def test_ids_are_those_of_training(model, tmp_path):
    import seqio

    path = tmp_path / "sentencepiece.model"
    path.write_bytes(model)
    vocabulary = seqio.SentencePieceVocabulary(str(path))
    found = Tokenizer(model).encode(TEXTS, length=LENGTH, name="prompts")
    for row, text in zip(found, TEXTS, strict=True):
        expected = [*vocabulary.encode(text), vocabulary.eos_id]
        assert row[: len(expected)].tolist() == expected
        assert not row[len(expected) :].any()


def test_text_is_that_of_serving(model):
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 64, (20, 9), dtype=np.int32)
    tokenizer = Tokenizer(model)
    expected = TextCodec(model).decode(tf.constant(tokens)).numpy()
    assert [tokenizer.decode(row) for row in tokens] == [
        text.decode() for text in expected
    ]


def test_a_long_prompt_is_an_error_that_names_its_length(model):
    with pytest.raises(
        ValueError, match=r"prompts\[1\] has 1\d tokens, the mo"
    ):
        Tokenizer(model).encode(["a", "a red square"], length=9, name="prompts")


def test_without_a_length_the_longest_decides(model):
    tokens = Tokenizer(model).encode(["a", "a red"], length=None, name="x")
    assert tokens[1, -1] == 1 and tokens[0, -1] == 0


def test_something_else_than_a_vocabulary():
    with pytest.raises(ValueError, match="no SentencePiece model"):
        Tokenizer(b"something else")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
