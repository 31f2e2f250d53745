"""Scores beside blind: signs, counts, languages."""

import pytest

from pali_tf.reporting import scores
from pali_tf.reporting.run_record import TaskRecord


def task(name, **metrics):
    line = {"step": 1, **{k: v for k, (v, _) in metrics.items()}}
    line |= {f"blind/{k}": b for k, (_, b) in metrics.items() if b is not None}
    return TaskRecord(name=name, history=[line], predictions={})


def test_gain_is_positive_where_the_image_helps():
    rows = scores.overall_scores(
        [
            task(
                "ocr",
                exact_match=(0.5, 0.2),
                character_error_rate=(0.4, 0.9),
                count=(7.0, None),
            )
        ]
    )["ocr"]
    assert [r.gain for r in rows] == [pytest.approx(0.3), 0.5, None]


def test_languages_have_a_table_of_their_own():
    numbers = {
        "cider": (1.0, None),
        "cider/en": (1.2, 0.1),
        "cider/fr": (0.8, None),
        # A group of NoCaps is no language.
        "cider/in-domain": (0.9, None),
    }
    record = task("cap", **numbers)
    assert [s.metric for s in scores.overall_scores([record])["cap"]] == [
        "cider",
        "cider/in-domain",
    ]
    (table,) = scores.language_tables([record])
    assert table.metric == "cider"
    assert list(table.scores) == ["en", "fr"]
    assert table.scores["en"].blind == 0.1
    assert table.scores["fr"].blind is None


def test_the_first_controlled_score_decides():
    rows = scores.overall_scores(
        [
            task("a", vqa=(0.5, 0.2), em=(0.1, 0.9)),
            task("b", vqa=(0.2, 0.5)),
            task("text", em=(0.2, None)),
        ]
    )
    assert scores.better_than_blind(rows) == (1, 2)


def test_the_drawing_puts_the_larger_value_to_the_right():
    score = scores.Score(task="a", metric="vqa", value=0.8, blind=0.2)
    drawn = scores.dumbbell(score)
    assert 'class="gain"' in drawn
    worse = scores.Score(task="a", metric="vqa", value=0.2, blind=0.8)
    assert 'class="loss"' in scores.dumbbell(worse)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
