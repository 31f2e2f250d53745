"""The metrics of the benchmarks, and their form for SeqIO."""

import logging

import pytest

from pali_tf.evaluation import caption_scores, seqio_metrics
from pali_tf.evaluation.caption_words import caption_words, english_words
from pali_tf.evaluation.seqio_metrics import Target
from pali_tf.evaluation.squad import f1_and_exact_match
from pali_tf.evaluation.text_metrics import anls, top_k
from pali_tf.evaluation.vqa_accuracy import canonical


def targets(*references, **fields):
    return [Target(references=texts, **fields) for texts in references]


def test_anls_is_nothing_below_a_half():
    references = [["hello"], ["abcd"], ["abcd"]]
    found = anls(references, ["Hallo", "abxy", "axyz"])
    assert found == pytest.approx((0.8 + 0.5 + 0) / 3)


def test_squad_takes_the_reference_that_suits_best():
    references = [["the red cat"], ["no", "two cats"]]
    found = f1_and_exact_match(references, ["a red dog", "Two cats!"], ["", ""])
    assert found == (pytest.approx(0.75), 0.5)


def test_top_k():
    references = [["cat", "kitten"], ["dog"]]
    ranked = [["cow", "kitten"], ["cow", "hen"]]
    assert top_k(references, ranked, 1) == 0
    assert top_k(references, ranked, 2) == 0.5
    assert top_k(references, ["cat", "cow"], 1) == 0.5
    with pytest.raises(ValueError, match="Top-5 accuracy needs 5 classes"):
        seqio_metrics.top_5_metric(targets(("cat",)), ["cat"])


def test_contractions_get_their_apostrophe():
    assert canonical("couldntve? wouldnt've") == "couldntve wouldn't've"
    # Words that look like one are left alone, as officially.
    assert canonical("lets") == "lets"
    assert canonical("shes") == "shes"


def test_groups_are_scored_by_themselves_as_well():
    metric = seqio_metrics.by_group(seqio_metrics.vqa_accuracy_metric)
    given = [
        *targets(("a",), ("b",), group="near", language="en"),
        *targets(("c",), group="out", language="fr"),
        *targets(("d",), language="fr"),
    ]
    assert metric(given, ["a", "x", "c", "d"]) == {
        "vqa_accuracy": 0.75,
        "vqa_accuracy/en": 0.5,
        "vqa_accuracy/fr": 1.0,
        "vqa_accuracy/near": 0.5,
        "vqa_accuracy/out": 1.0,
    }


def test_a_metric_of_groups_is_one_to_seqio():
    metric = seqio_metrics.by_group(seqio_metrics.cider_metric)
    assert metric.__name__ == "cider_metric"


def test_exact_match_by_language():
    given = [
        *targets(("a",), ("b",), language="en"),
        *targets(("c",), language="zh"),
    ]
    scores = seqio_metrics.exact_match_by_language(given, ["a", "", ""])
    assert scores == {
        "exact_match": 0.25,
        "exact_match/en": 0.5,
        "exact_match/zh": 0.0,
    }


def test_english_words_are_cut_as_coco_does():
    text = "The man's dog can't sit (U.S.), well-fed... $5!"
    assert (
        english_words(text)
        == ("the man 's dog ca n't sit -lrb- u.s. -rrb- well-fed $ 5").split()
    )


def test_caption_words():
    assert caption_words("ein Ball, rot", "de") == ["ein", "ball", "rot"]
    assert caption_words("红猫，和狗。", "zh") == ["红猫", "和", "狗"]
    # In Khmer, a character is a word.
    assert caption_words("ឆ្មា", "km") == list("ឆ្មា")
    # NFKC splits a Thai letter, which the segmenter is given whole.
    assert caption_words("กำลัง", "th") == ["กำลัง"]


def test_rouge_l():
    given = targets(("a red cat", "one cat"), language="en")
    assert seqio_metrics.rouge_l_metric(given, ["a red cat"]) == {
        "rouge_l": 100,
        "rouge_l/en": 100,
    }


def test_meteor_without_java_is_absent_and_said_once(monkeypatch, caplog):
    monkeypatch.setattr(caption_scores.shutil, "which", lambda name: None)
    caption_scores.has_java.cache_clear()
    given = targets(("a cat",), language="en")
    with caplog.at_level(logging.WARNING, logger="absl"):
        for _ in range(2):
            assert seqio_metrics.meteor_metric(given, ["a cat"]) == {}
    assert caplog.text.count("METEOR is not computed") == 1
    caption_scores.has_java.cache_clear()


def test_meteor_is_of_english_captions(monkeypatch):
    seen = []

    class Meteor:
        def compute_score(self, gold, said):
            seen.append((gold, said))
            return 0.25, [0.25]

    monkeypatch.setattr(caption_scores, "Meteor", Meteor)
    monkeypatch.setattr(caption_scores, "has_java", lambda: True)
    given = [
        *targets(("A cat's hat.",), language="en"),
        *targets(("un chat",), language="fr"),
    ]
    scores = seqio_metrics.meteor_metric(given, ["a cat", "un chat"])
    assert scores == {"meteor": 25}
    assert seen == [({0: ["a cat 's hat"]}, {0: ["a cat"]})]
    assert seqio_metrics.meteor_metric(given[1:], ["un chat"]) == {}


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
