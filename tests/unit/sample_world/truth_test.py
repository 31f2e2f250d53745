import collections
import random

import pytest

from pali_tf.sample_world import labels, questions, truth, world
from pali_tf.sample_world.grammar import GRAMMARS, LANGUAGES
from pali_tf.webli import records

SEED = 5


def scenes(level, count=300):
    config = world.make_config(level=level, seed=SEED)
    return [world.make_scene(config, "train", index) for index in range(count)]


@pytest.fixture(scope="module", params=["grid", "free"])
def pictures(request):
    return scenes(request.param)


@pytest.fixture(scope="module")
def truths(pictures):
    return [
        (picture, truth.make_records(picture, b"jpeg", SEED))
        for picture in pictures
    ]


def test_each_source_has_its_own_fields_only(truths):
    fields = {
        "webli": {"image", "objects", "captions", "ocr"},
        "cc3m35l": {"image", "captions"},
        "vq2a_cc3m35l": {"image", "question_answers"},
        "openimages": {"image", "objects", "negative_labels"},
        "detection": {"image", "objects", "negative_labels"},
        "text": {"text"},
    }
    assert set(fields) == set(records.SOURCES)
    for picture, made in truths:
        for source, allowed in fields.items():
            record = made[source]
            filled = {
                name
                for name in records.Record.__dataclass_fields__
                if getattr(record, name)
            }
            expected = allowed if picture.words else allowed - {"ocr"}
            assert filled == expected


def test_cc3m35l_has_one_plain_caption_a_language(truths):
    for picture, made in truths:
        captions = made["cc3m35l"].captions
        assert [caption.language for caption in captions] == list(LANGUAGES)
        english = captions[0].text
        for thing in picture.things:
            assert thing.label in english


def test_captions_are_in_reading_order(truths):
    for picture, made in truths:
        english = made["cc3m35l"].captions[0].text
        cells = [picture.thing_cell(thing) for thing in picture.things_as_read]
        assert cells == sorted(cells)
        found = [english.index(thing.label) for thing in picture.things_as_read]
        assert found == sorted(found)


def test_alt_texts_are_in_one_or_two_languages_and_often_english(truths):
    languages = []
    for _, made in truths:
        found = [caption.language for caption in made["webli"].captions]
        assert len(set(found)) == len(found) in (1, 2)
        languages.append(found[0])
    share = languages.count("en") / len(languages)
    assert 0.3 < share < 0.5
    assert set(languages) == set(LANGUAGES)


def test_ocr_has_the_printed_words(truths):
    for picture, made in truths:
        assert [ocr.text for ocr in made["webli"].ocr] == [
            word.text for word in picture.words
        ]


def test_negative_labels_are_absent_and_half_are_near(pictures):
    for picture in pictures:
        present = {thing.label for thing in picture.things}
        colors = {thing.color for thing in picture.things}
        shapes = {thing.shape for thing in picture.things}
        found = labels.negative_labels(picture, random.Random(0))
        assert len(set(found)) == len(found) in (3, 4)
        assert not set(found) & present
        near = [
            label
            for label in found
            if label.split()[0] in colors or label.split()[1] in shapes
        ]
        assert len(near) >= 2


def holding(picture, question):
    """How many objects fit what the question says."""
    return [
        thing
        for thing in picture.things
        if {
            "color": thing.shape == question.shape,
            "shape": thing.color == question.color,
            "position": (thing.color, thing.shape)
            == (question.color, question.shape),
            "presence": (thing.color, thing.shape)
            == (question.color, question.shape),
        }[question.kind]
    ]


def answer(picture, question):
    """The right answer, found again from the scene."""
    if question.kind == "count":
        return str(len(picture.things))
    if question.kind == "text":
        (word,) = picture.words
        return word.text
    things = holding(picture, question)
    if question.kind == "presence":
        return "yes" if things else "no"
    (thing,) = things  # Else the question would be ambiguous.
    return {
        "color": thing.color,
        "shape": thing.shape,
        "position": picture.place_name(thing),
    }[question.kind]


def test_questions_have_exactly_one_right_answer(pictures):
    kinds = collections.Counter()
    presence = collections.Counter()
    for index, picture in enumerate(pictures):
        made = questions.make_questions(picture, random.Random(index))
        assert len(set(made)) == questions.QUESTIONS_PER_SCENE
        for question in made:
            assert question.answer == answer(picture, question)
            kinds[question.kind] += 1
            if question.kind == "presence":
                presence[question.answer] += 1
    assert set(kinds) == set(questions.KIND_WEIGHTS)
    assert kinds["color"] > kinds["count"] > kinds["text"]
    assert 0.35 < presence["yes"] / presence.total() < 0.65


def test_questions_are_asked_in_every_language(truths):
    for _, made in truths[:20]:
        asked = made["vq2a_cc3m35l"].question_answers
        languages = collections.Counter(q.language for q in asked)
        assert languages == dict.fromkeys(
            LANGUAGES, questions.QUESTIONS_PER_SCENE
        )


def test_questions_read_well():
    question = questions.Question("shape", "green", "object", "star")
    said = {
        language: questions.say(question, GRAMMARS[language])
        for language in LANGUAGES
    }
    assert said["en"] == "What shape is the green object?"
    assert said["fr"] == "Quelle forme a l'objet vert ?"
    assert said["de"] == "Welche Form hat das grüne Objekt?"
    assert said["hi"] == "हरी वस्तु का आकार क्या है?"


def test_documents_have_two_to_six_sentences(truths):
    ends = (".", "。", "।")
    for _, made in truths:
        text = made["text"].text
        sentences = sum(text.count(end) for end in ends)
        assert 2 <= sentences <= 6


def test_truth_depends_on_the_seed(pictures):
    first, again, other = (
        [truth.make_records(p, b"jpeg", seed) for p in pictures[:5]]
        for seed in (SEED, SEED, SEED + 1)
    )
    assert first == again != other


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
