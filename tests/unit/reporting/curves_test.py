"""Which charts are drawn from which lines."""

import re

import pytest

from pali_tf.reporting import curves


def titles(charts):
    return [re.search('aria-label="(.*?)"', chart)[1] for chart in charts]


def test_what_no_run_logged_is_not_drawn():
    runs = {
        "a": [{"step": 1, "learning_rate": 0.1}],
        "b": [{"step": 1, "gradient_norm": 2.0}],
    }
    assert titles(curves.draw_known(runs)) == [
        "Learning rate",
        "Gradient norm, before clipping",
    ]


def test_tasks_of_training_and_of_validation_are_drawn_in_order():
    charts = curves.draw_tasks(
        {"training": [{"step": 1, "loss/webli_ocr": 2.0, "loss": 3.0}]},
        "loss",
        {
            "validation": {
                "": [],
                "cc3m35l_captioning": [{"step": 1, "loss": 1}],
            }
        },
    )
    assert titles(charts) == ["Captioning", "Reading text"]


def test_scores_have_their_blind_beside_them_and_languages_are_left_out():
    history = [
        {"step": 1, "cider": 0.5, "blind/cider": 0.25, "cider/en": 0.5},
        {"step": 2, "cider": 0.6, "blind/cider": 0.25, "note": "text"},
    ]
    (chart,) = curves.score_charts(history)
    assert titles([chart]) == ["cider"]
    assert "blind: 0.25 at 2" in chart
    assert "with its image: 0.6 at 2" in chart


def test_the_vision_chart_has_a_line_a_phase():
    lines = [
        {"step": 1, "loss": 1.0},
        {"step": 2, "loss": 1.0, "phase": "crop"},
    ]
    phases, chart = curves.draw_vision(lines)
    assert phases == ["main", "cool-down, crops"]
    assert "main: 1 at 1" in chart
    assert "cool-down, crops: 1 at 2" in chart


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
