"""The table that an evaluation prints."""

import pytest

from pali_tf.evaluation import score_table


def test_each_score_stands_beside_its_blind_control():
    table = score_table.format_table(
        {
            "vqa": {"exact_match": 0.5, "blind/exact_match": 0.25},
            "text_span_corruption": {"token_accuracy": 0.125},
        }
    )
    rows = [line.split() for line in table.splitlines()]
    assert rows[0] == ["task", "metric", "score", "blind"]
    assert rows[2] == ["vqa", "exact_match", "0.500", "0.250"]
    assert rows[3] == ["text_span_corruption", "token_accuracy", "0.125"]


def test_a_task_without_scores_says_why():
    table = score_table.format_table({"vqav2": {}})
    assert table.splitlines()[-1].split(maxsplit=1) == [
        "vqav2",
        "no references: predictions only",
    ]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
