"""The lines that `pali infer` writes."""

import pytest

from pali_tf.commands.infer import _prediction


def test_one_answer_is_the_prediction():
    assert _prediction([("a cat", -1.5)]) == {
        "prediction": "a cat",
        "score": -1.5,
    }


def test_more_answers_are_listed_best_first():
    assert _prediction([("a", -1.0), ("b", -2.0)]) == {
        "prediction": "a",
        "score": -1.0,
        "answers": [
            {"text": "a", "score": -1.0},
            {"text": "b", "score": -2.0},
        ],
    }


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
