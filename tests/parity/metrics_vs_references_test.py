"""Our metrics against the code that benchmarks are scored by, case by case.

`python -m tests.parity.goldens.metrics` made the goldens.
"""

import json
import pathlib

import pytest

from pali_tf.evaluation.caption_scores import cider
from pali_tf.evaluation.caption_words import caption_words
from pali_tf.evaluation.squad import (
    f1_and_exact_match,
    mlqa_words,
    squad_words,
)
from pali_tf.evaluation.text_metrics import anls
from pali_tf.evaluation.vqa_accuracy import vqa_accuracy
from tests.parity.cases import answers, captions

GOLDENS = pathlib.Path(__file__).parents[1] / "testdata" / "metrics"
SCORES = json.loads((GOLDENS / "scores.json").read_text())
# Of sums in another order.
TOLERANCE = 1e-9


def compare(name, cases, compute):
    assert len(SCORES[name]) == len(cases) >= 30
    ours = [compute(case) for case in cases]
    unlike = [
        (case, our, golden)
        for case, our, golden in zip(cases, ours, SCORES[name], strict=True)
        if our != pytest.approx(golden, abs=TOLERANCE, rel=TOLERANCE)
    ]
    assert not unlike


def test_vqa_accuracy():
    compare(
        "vqa_accuracy",
        answers.VQA,
        lambda case: vqa_accuracy([case[0]], [case[1]]),
    )


def test_anls():
    compare("anls", answers.ANLS, lambda case: anls([case[0]], [case[1]]))


@pytest.mark.parametrize(
    ("name", "words"), [("squad", squad_words), ("mlqa", mlqa_words)]
)
def test_answers_in_texts(name, words):
    def compute(case):
        right, prediction, language = case
        return list(
            f1_and_exact_match([right], [prediction], [language], words)
        )

    compare(name, answers.TEXTS, compute)


def test_cider():
    def compute(case):
        language, images = case
        references = [
            [captions.plain(text, language) for text in texts]
            for texts, _ in images
        ]
        said = [
            captions.plain(prediction, language) for _, prediction in images
        ]
        return cider(references, said, language)

    compare("cider", captions.cases(), compute)


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_segmented_words(language):
    for references, prediction in captions.IMAGES[language]:
        for text in [*references, prediction]:
            words = caption_words(captions.plain(text, language), language)
            assert words == text.split("|")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
