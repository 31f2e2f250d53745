import numpy as np
import pytest
import seqio
import tensorflow as tf

from serving.request_text import TextCodec
from tests.support import tiny_vocabulary


@pytest.fixture(scope="module")
def model_bytes():
    return tiny_vocabulary.make()


@pytest.fixture(scope="module")
def codec(model_bytes):
    return TextCodec(model_bytes)


@pytest.fixture(scope="module")
def vocabulary(model_bytes, tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "sentencepiece.model"
    path.write_bytes(model_bytes)
    return seqio.SentencePieceVocabulary(str(path))


def test_the_ids_of_training(codec, vocabulary):
    texts = ["two red circles", "", "日本 in the image"]
    tokens = codec.encode(tf.constant(texts), length=24, name="prompt").numpy()
    for text, row in zip(texts, tokens, strict=True):
        expected = [*vocabulary.encode(text), 1]
        assert row.tolist() == expected + [0] * (24 - len(expected))


def test_the_text_of_evaluation(codec, vocabulary):
    rng = np.random.default_rng(0)
    tokens = rng.integers(2, codec.num_pieces, (8, 12), dtype=np.int32)
    tokens[1, 5] = 1
    tokens[2, 0] = 1
    texts = codec.decode(tf.constant(tokens)).numpy()
    for row, text in zip(tokens, texts, strict=True):
        assert text.decode() == vocabulary.decode(row.tolist())


def test_ids_beyond_the_vocabulary_never_reach_the_op(codec):
    tokens = tf.constant([[codec.num_pieces, 5, codec.num_pieces + 900, 1]])
    assert codec.decode(tokens) == codec.decode(tf.constant([[5, 1]]))


def test_no_rows(codec):
    empty = tf.constant([], tf.string)
    assert codec.encode(empty, length=4, name="prompt").shape == (0, 4)
    assert codec.decode(tf.zeros([0, 4], tf.int32)).shape == (0,)


def test_text_over_the_length_is_refused_by_its_number(codec, vocabulary):
    long = "a red square " * 9
    num_tokens = len(vocabulary.encode(long)) + 1
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=rf"prompt\[1\] has {num_tokens} tokens, the model takes 48",
    ):
        codec.encode(tf.constant(["a", long, long]), length=48, name="prompt")


def test_text_of_just_the_length_is_taken(codec, vocabulary):
    text = "a red square"
    length = len(vocabulary.encode(text)) + 1
    tokens = codec.encode(tf.constant([text]), length=length, name="prompt")
    assert tokens[0, -1] == 1


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
