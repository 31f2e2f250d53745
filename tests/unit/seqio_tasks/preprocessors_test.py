import pytest
import seqio
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from pali_tf.data import vocabulary
from seqio_tasks import preprocessors


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("v") / "m.model"
    texts = ["Generate the alt_text in EN at 99: a b c d e f g h 红猫"] * 9
    vocabulary.train(texts, path, size=1500)
    return {"inputs": seqio.Feature(vocabulary=vocabulary.load(path))}


def record(**columns):
    result = {"seed": tf.constant([1, 2], tf.int64)}
    for key, values in columns.items():
        result[key.replace("__", "/")] = tf.constant(values)
    return result


def seeded(example, seed):
    return {**example, "seed": tf.constant([5, seed], tf.int64)}


def strings(made):
    inputs = made["inputs"].numpy().decode()
    return inputs, made["targets"].numpy().decode()


def references(made):
    return [text.decode() for text in made["references"].numpy()]


CAPTION = record(caption__text=["a red cat"], caption__language=["en"])


def split(features, text, language, seed=0, length=64):
    example = record(caption__text=[text], caption__language=[language])
    return strings(
        preprocessors.split_caption(
            seeded(example, seed), {"inputs": length}, features
        )
    )


def test_split_caption_has_the_papers_strings(features):
    found = {split(features, "a red cat", "en", seed) for seed in range(20)}
    assert found == {
        (
            "Generate the alt_text in EN at 1: a <extra_id_0>",
            "red cat",
        ),
        (
            "Generate the alt_text in EN at 2: a red <extra_id_0>",
            "cat",
        ),
    }


def test_split_caption_counts_characters_without_spaces(features):
    found = {split(features, "红猫和", "zh", seed) for seed in range(20)}
    assert found == {
        ("Generate the alt_text in ZH at 1: 红 <extra_id_0>", "猫和"),
        ("Generate the alt_text in ZH at 2: 红猫 <extra_id_0>", "和"),
    }


def test_a_caption_of_one_word_is_asked_for_whole(features):
    assert split(features, "cat", "en") == (
        "Generate the alt_text in EN at 0: <extra_id_0>",
        "cat",
    )


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12),
    st.sampled_from(["en", "zh"]),
    st.integers(0, 1000),
)
def test_both_parts_are_the_caption(features, words, language, seed):
    separator = "" if language == "zh" else " "
    caption = separator.join(words)
    inputs, rest = split(features, caption, language, seed)
    head, _, tail = inputs.partition(": ")
    beginning = tail.removesuffix("<extra_id_0>").strip()
    position = int(head.rpartition(" ")[2])
    assert separator.join(filter(None, [beginning, rest])) == caption
    counted = list(beginning) if language == "zh" else beginning.split()
    assert position == len(counted)


@pytest.mark.parametrize("length", [14, 20, 24, 30])
def test_a_long_caption_is_cut_where_the_prompt_fits(features, length):
    words = features["inputs"].vocabulary
    caption = " ".join("abcdefgh" * 8)
    for seed in range(10):
        inputs, rest = split(features, caption, "en", seed, length)
        assert len(words.encode(inputs)) + 1 <= length
        assert inputs.startswith("Generate the alt_text in EN at ")
        assert inputs.endswith(" <extra_id_0>")
        assert caption.endswith(rest)


def test_caption():
    example = record(
        caption__text=["un chat", "a cat", "le chat"],
        caption__language=["fr", "en", "fr"],
    )
    found = {}
    for seed in range(20):
        made = preprocessors.caption(seeded(example, seed))
        found[strings(made)] = references(made)
    french = "Generate the alt_text in FR at 0: <extra_id_0>"
    english = "Generate the alt_text in EN at 0: <extra_id_0>"
    assert found == {
        (french, "un chat"): ["un chat", "le chat"],
        (french, "le chat"): ["un chat", "le chat"],
        (english, "a cat"): ["a cat"],
    }


def test_ocr_is_read_line_by_line_in_one_language():
    example = record(
        ocr__text=["world", "hello", "мир", "again"],
        ocr__language=["en", "en", "ru", "en"],
        ocr__bbox__ymin=[0.1, 0.12, 0.1, 0.5],
        ocr__bbox__xmin=[0.5, 0.1, 0.8, 0.0],
        ocr__bbox__ymax=[0.2, 0.22, 0.2, 0.6],
    )
    found = {
        strings(preprocessors.ocr(seeded(example, seed))) for seed in range(20)
    }
    assert found == {
        ("Generate the ocr_text in EN: <extra_id_0>", "hello world again"),
        ("Generate the ocr_text in RU: <extra_id_0>", "мир"),
    }


TRIPLE = record(
    vqa__question=["Quelle couleur ?"],
    vqa__answer=["red"],
    vqa__language=["fr"],
)


def test_vqa_answers_in_english():
    made = preprocessors.answer_question(TRIPLE)
    assert strings(made) == (
        "Answer in EN: Quelle couleur ? <extra_id_0>",
        "red",
    )
    assert made["language"].numpy() == b"fr"


def test_vqg():
    assert strings(preprocessors.ask_question(TRIPLE)) == (
        "Generate a question in FR for red: <extra_id_0>",
        "Quelle couleur ?",
    )


def test_vqg_takes_every_question_with_the_answer():
    example = record(
        vqa__question=["Is it red?", "Is it blue?", "Est-il là ?", "Any cat?"],
        vqa__answer=["yes", "no", "yes", "yes"],
        vqa__language=["en", "en", "fr", "en"],
    )
    found = set()
    for seed in range(20):
        made = preprocessors.ask_question(seeded(example, seed))
        found.add((strings(made)[0], *references(made)))
    assert found == {
        (
            "Generate a question in EN for yes: <extra_id_0>",
            "Is it red?",
            "Any cat?",
        ),
        ("Generate a question in EN for no: <extra_id_0>", "Is it blue?"),
        ("Generate a question in FR for yes: <extra_id_0>", "Est-il là ?"),
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
