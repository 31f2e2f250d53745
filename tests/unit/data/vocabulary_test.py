import pytest
import sentencepiece
import seqio
import tensorflow_text as tf_text

from pali_tf.data import vocabulary
from tests.support import tiny_vocabulary

TEXTS = [
    "Generate the alt_text in EN at 0: a red cat",
    "10 20 90 100 cat",
    "猫がいます",
    "un étoile verte",
] * 20
PROMPT = "Generate the alt_text in EN at 2: a red <extra_id_0>"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "sub" / "m.model"
    vocabulary.train(TEXTS, path, size=700)
    return path


def test_special_ids_are_mt5s(path):
    loaded = vocabulary.load(path)
    assert (loaded.pad_id, loaded.eos_id, loaded.unk_id) == (0, 1, 2)


def test_sentinels_are_last_and_count_down(path):
    loaded = vocabulary.load(path)
    model = loaded.tokenizer
    size = loaded.vocab_size
    assert size == model.piece_size() <= 700
    for index in (0, 1, 99):
        assert model.id_to_piece(size - 1 - index) == f"▁<extra_id_{index}>"
        assert loaded.encode(f"<extra_id_{index}>") == [size - 1 - index]


def test_a_sentinel_is_known_at_a_word_start_alone(path):
    loaded = vocabulary.load(path)
    last = loaded.vocab_size - 1
    assert loaded.encode(PROMPT)[-1] == last
    assert last not in loaded.encode("a red<extra_id_0>")


@pytest.mark.parametrize(
    "text", [PROMPT, "detect cat", "10 20 90 100 cat", "猫 ☂ <extra_id_7> x"]
)
def test_three_tokenizers_agree(path, text):
    by_sentencepiece = sentencepiece.SentencePieceProcessor(
        model_file=str(path)
    ).encode(text)
    by_tf_text = tf_text.SentencepieceTokenizer(model=path.read_bytes())
    by_seqio = seqio.SentencePieceVocabulary(str(path))
    assert by_tf_text.tokenize(text).numpy().tolist() == by_sentencepiece
    assert by_seqio.encode(text) == by_sentencepiece
    assert by_seqio.encode_tf(text).numpy().tolist() == by_sentencepiece


def test_every_coordinate_is_one_or_two_pieces(path):
    loaded = vocabulary.load(path)
    assert max(len(loaded.encode(str(n))) for n in range(1000)) <= 2


def test_characters_never_seen_survive(path):
    loaded = vocabulary.load(path)
    ids = loaded.encode("ж☂")
    assert loaded.unk_id not in ids
    assert loaded.decode(ids) == "ж☂"


def test_same_texts_give_the_same_bytes(path, tmp_path):
    vocabulary.train(TEXTS, tmp_path / "again", size=700)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["again"]


def test_no_text_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no text"):
        vocabulary.train(["  ", "<extra_id_0>"], tmp_path / "m")


def test_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="sample-data"):
        vocabulary.load(tmp_path / "none.model")


def test_no_model_is_an_error(tmp_path):
    (tmp_path / "m").write_text("not a model")
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        vocabulary.load(tmp_path / "m")


def test_a_model_without_sentinels_is_an_error(tmp_path):
    (tmp_path / "m").write_bytes(tiny_vocabulary.make())
    with pytest.raises(ValueError, match="sentinels"):
        vocabulary.load(tmp_path / "m")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
