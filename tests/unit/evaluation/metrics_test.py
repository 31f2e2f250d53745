"""Each metric on cases small enough to work out by hand."""

import numpy as np
import pytest

from pali_tf.data.boxes import LabelledBox
from pali_tf.evaluation.caption_words import words
from pali_tf.evaluation.detection_ap import detection_ap
from pali_tf.evaluation.seqio_metrics import Target, bleu_metric, cider_metric
from pali_tf.evaluation.text_metrics import (
    character_error_rate,
    exact_match,
    token_accuracy,
)
from pali_tf.evaluation.vqa_accuracy import canonical, vqa_accuracy


def test_words():
    assert words("L'étoile, ROUGE!", "fr") == ["l", "étoile", "rouge"]
    assert words("红色 星。", "zh") == ["红", "色", "星"]
    assert words("¿Qué?", "es") == ["qué"]
    # A combining vowel sign is part of its word.
    assert words("लाल वृत्त।", "hi") == ["लाल", "वृत्त"]


def test_exact_match():
    references = [["a cat", "one cat"], ["no"], ["颜色？"]]
    assert exact_match(references, ["one  cat", "No", "颜色?"]) == 2 / 3


def test_vqa_accuracy_of_one_answer():
    assert vqa_accuracy([["Red"], ["two"], ["no"]], ["red.", "2", "yes"]) == (
        pytest.approx(2 / 3)
    )


def test_vqa_accuracy_leaves_each_person_out():
    answers = ["Two", "2", "two cats", "2"]
    assert vqa_accuracy([answers], ["2"]) == pytest.approx(0.75)
    ten = ["yes"] * 3 + ["no"] * 7
    # Nine others: 2 of 3 agree when a "yes" is left out, 3 when a "no" is.
    expected = (3 * 2 / 3 + 7 * 1) / 10
    assert vqa_accuracy([ten], ["yes"]) == pytest.approx(expected)


def test_canonical_answers():
    assert canonical("The two cats.") == "2 cats"
    assert canonical("1,000.5") == "1000.5"
    assert canonical("black-white, isnt it?") == "black white isn't it"


def by_language(metric, references, predictions, languages):
    targets = [
        Target(references=texts, language=language)
        for texts, language in zip(references, languages, strict=True)
    ]
    return metric(targets, predictions)


def test_cider_of_perfect_captions():
    references = [["a red cat sits here"], ["two blue dogs run there"]]
    scores = by_language(
        cider_metric, references, [r[0] for r in references], ["en", "en"]
    )
    assert scores == {"cider": pytest.approx(1000), "cider/en": 1000}


def test_cider_by_hand():
    # Two images, unigrams alone: "a" is in both (weight log 2 - log 2 = 0),
    # "cat" and "dog" in one (log 2). "dog" for the cat scores 0.
    scores = by_language(
        cider_metric, [["cat"], ["dog"]], ["cat", "cat"], ["en", "en"]
    )
    # One of four orders of n-grams has a match: 10 * 1/4, mean with 0.
    assert scores["cider"] == pytest.approx(100 * (10 / 4 + 0) / 2)


def test_cider_is_per_language_and_their_mean():
    references = [
        ["ein roter ball"],
        ["zwei blaue bälle"],
        ["红色圆形"],
        ["猫"],
    ]
    said = ["ein roter ball", "zwei blaue bälle", "蓝", "狗"]
    scores = by_language(
        cider_metric, references, said, ["de", "de", "zh", "zh"]
    )
    assert scores["cider/zh"] == 0
    assert scores["cider/de"] > 500
    assert scores["cider"] == pytest.approx(scores["cider/de"] / 2)


def test_bleu():
    references = [["the quick brown fox jumps"]]
    perfect = by_language(
        bleu_metric, references, ["the quick brown fox jumps"], ["en"]
    )
    assert perfect["bleu/en"] == pytest.approx(100)
    assert (
        by_language(bleu_metric, references, ["a b c d e"], ["en"])["bleu"] < 1
    )


def test_character_error_rate():
    assert character_error_rate([["abc"], ["de"]], ["abd", ""]) == 0.6
    assert character_error_rate([["ABC"]], ["ＡＢＣ"]) == 0


def test_token_accuracy():
    assert token_accuracy([["a b c"], ["d"]], ["a c b", "d"]) == 0.5
    assert token_accuracy([["a b"]], ["a b c d"]) == 1
    assert token_accuracy([["a b"]], [""]) == 0


def box(ymin, xmin, ymax, xmax, label="cat"):
    return LabelledBox(ymin, xmin, ymax, xmax, label)


def ap50(references, predictions, scores):
    return detection_ap(references, predictions, scores)[1]


TRUE = [[box(0, 0, 0.5, 0.5)], [box(0, 0, 0.2, 0.2, "dog")]]


def test_ap50_of_the_truth_is_one():
    assert ap50(TRUE, TRUE, [1, 1]) == pytest.approx(1)


def test_ap50_is_the_mean_over_labels():
    assert ap50(TRUE, [TRUE[0], []], [1, 1]) == pytest.approx(0.5)


def test_ap50_wants_half_an_overlap():
    near = [[box(0, 0, 0.5, 0.3)], TRUE[1]]  # IoU 0.6
    far = [[box(0, 0, 0.5, 0.2)], TRUE[1]]  # IoU 0.4
    assert ap50(TRUE, near, [1, 1]) == pytest.approx(1)
    assert ap50(TRUE, far, [1, 1]) == pytest.approx(0.5)


def test_ap50_without_predictions_is_zero():
    assert ap50(TRUE, [[], [box(0, 0, 1, 1, "ufo")]], [1, 1]) == 0


def test_ap50_takes_the_surer_image_first():
    truth = [[box(0, 0, 0.5, 0.5)], [box(0, 0, 0.5, 0.5)]]
    said = [truth[0], [box(0.6, 0.6, 0.9, 0.9)]]
    sure_and_right = ap50(truth, said, [0.9, 0.1])
    sure_and_wrong = ap50(truth, said, [0.1, 0.9])
    assert sure_and_right > sure_and_wrong
    np.testing.assert_allclose(sure_and_right, 51 / 101, atol=1e-6)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
