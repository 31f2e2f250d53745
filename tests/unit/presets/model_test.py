"""Answers, scores and classes of a preset."""

import numpy as np
import pytest

from pali_tf.presets import DecodingConfig, PaliModel, answers
from pali_tf.presets.answers import ZERO_SHOT_PROMPT
from tests.support.compile_cache import compile_cache
from tests.support.tiny_preset import (
    PROMPT,
    make_images,
    make_model,
    write_jpeg,
)

pytestmark = pytest.mark.slow

IMAGES = make_images(4)
CLASSES = ["a red square", "two", "blue"]


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def texts(model):
    return model.generate(IMAGES, PROMPT)


def test_answers_are_about_the_images(texts):
    assert len(set(texts)) > 2


def test_a_batch_gives_what_its_rows_give(model, texts):
    # The last batch is filled up: its filling gives no answer.
    assert model.generate(IMAGES, PROMPT, batch_size=3) == texts
    assert model.generate(IMAGES[:1], [PROMPT], batch_size=3) == texts[:1]


def test_no_image_is_none(model, texts):
    alone = model.generate(None, PROMPT)
    assert alone == model.generate([None], PROMPT)
    assert alone[0] not in texts


def test_nothing_to_answer(model):
    assert model.generate([], PROMPT) == []
    assert model.score([], PROMPT, []).shape == (0,)


def test_files_are_read(model, tmp_path):
    path = write_jpeg(tmp_path / "a.jpg", 40, 30)
    [text] = model.generate([str(path)], PROMPT)
    assert text


def test_the_length_asked_for(model, texts):
    short = model.generate(IMAGES, PROMPT, max_length=4)
    for text, whole in zip(short, texts, strict=True):
        assert whole.startswith(text) and len(text) < len(whole)


def test_beams_score_at_least_as_well(model):
    greedy = model.generate_all(IMAGES, PROMPT)
    beams = model.generate_all(
        IMAGES, PROMPT, DecodingConfig(num_beams=4, num_return=3, alpha=0.0)
    )
    for [one], several in zip(greedy, beams, strict=True):
        assert len(several) == 3
        assert several[0].score >= one.score - 1e-4
        assert [a.score for a in several] == sorted(
            (a.score for a in several), reverse=True
        )


def test_samples_depend_on_their_seed_alone(model):
    def sample(seed, **options):
        decoding = DecodingConfig(temperature=1.0, seed=seed)
        return model.generate(IMAGES[:2], PROMPT, decoding, **options)

    assert sample(1) == sample(1, batch_size=2) != sample(2)


def test_another_seed_compiles_nothing(model, monkeypatch):
    answer, traced = answers.answer, []

    def counted(*arguments, **settings):
        traced.append(settings)
        return answer(*arguments, **settings)

    monkeypatch.setattr(answers, "answer", counted)
    for seed in range(3):
        decoding = DecodingConfig(temperature=1.0, seed=seed)
        model.generate(IMAGES[:2], PROMPT, decoding)
    assert len(traced) == 1


def test_scores_are_those_of_the_answers(model):
    answers = model.generate_all(IMAGES, PROMPT)
    # Text may be cut into other pieces than were generated: compare the ends.
    again = model.score(IMAGES, PROMPT, "two", batch_size=3)
    assert again.shape == (4,) and again.dtype == np.float32
    one_by_one = [
        model.score([image], [PROMPT], ["two"])[0] for image in IMAGES
    ]
    np.testing.assert_allclose(again, one_by_one, rtol=1e-5)
    assert all(answer.score < 0 for [answer] in answers)


def test_classes_have_the_scores_of_targets(model):
    found = model.classify(IMAGES, CLASSES, PROMPT, batch_size=3, chunk_size=2)
    assert found.scores.shape == (4, 3)
    for i, name in enumerate(CLASSES):
        expected = model.score(IMAGES, PROMPT, name)
        np.testing.assert_allclose(found.scores[:, i], expected, rtol=1e-5)
    assert found.best == [CLASSES[i] for i in found.ranking[:, 0]]
    assert found.ranking.shape == (4, 3)


def test_the_prompt_of_zero_shot_classification_is_the_papers():
    # Source: PaLI appendix, zero-shot image classification.
    assert ZERO_SHOT_PROMPT == (
        "Generate alt_text in EN at 2: Photo of <extra_id_0>"
    )


def test_a_class_that_is_there_twice(model):
    with pytest.raises(ValueError, match="classes has 'two' twice"):
        model.classify(IMAGES, ["two", "blue", "two"], PROMPT)


def test_a_text_that_is_too_long(model):
    with pytest.raises(ValueError, match=r"prompts\[1\] has \d+ tokens, the m"):
        model.generate(IMAGES[:2], ["a", PROMPT * 2])
    with pytest.raises(ValueError, match=r"targets\[0\] has \d+ tokens"):
        model.score(IMAGES[:1], PROMPT, [PROMPT * 2])
    with pytest.raises(ValueError, match=r"classes\[1\] has \d+ tokens"):
        model.classify(IMAGES, ["a", PROMPT * 2], PROMPT)


def test_other_attributes_of_the_package():
    import pali_tf.presets

    assert pali_tf.presets.PaliModel is PaliModel
    with pytest.raises(AttributeError, match="Palimodel"):
        pali_tf.presets.Palimodel  # noqa: B018 (read for its error)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
