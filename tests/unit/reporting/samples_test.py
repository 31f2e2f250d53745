"""The same examples through all evaluations."""

import pytest

from pali_tf.reporting.run_record import read_run, spread
from pali_tf.reporting.samples import follow_examples
from tests.support import made_up_run


def test_an_example_is_followed_from_wrong_to_right(tmp_path):
    made_up_run.write_predictions(
        tmp_path, "webli_ocr", steps=[10, 20, 30], right=[20, 99]
    )
    (task,) = read_run(model_dir=tmp_path).tasks
    found = follow_examples(task, 5)
    assert found.steps == [10, 20, 30]
    said = {
        sample.target: [(s.text, s.is_exact) for s in sample.said]
        for sample in found.samples
    }
    assert said["0 of them"] == [
        ("guess 10", False),
        ("0 of them", True),
        ("0 of them", True),
    ]
    assert said["1 of them"][-1] == ("guess 30", False)


def test_an_example_that_was_not_asked_before(tmp_path):
    made_up_run.write_predictions(
        tmp_path, "webli_ocr", steps=[10, 20], right=[20]
    )
    path = tmp_path / "inference_eval/webli_ocr-000010.jsonl"
    path.write_text("")
    (task,) = read_run(model_dir=tmp_path).tasks
    (sample,) = follow_examples(task, 1).samples
    assert sample.said[0] is None
    assert sample.said[1].is_exact


def test_lines_without_prompts_and_with_several_targets(tmp_path):
    """As an evaluation under T5X leaves them."""
    place = tmp_path / "inference_eval"
    made_up_run.write_lines(
        place / "t-metrics.jsonl", [{"step": 1, "cider": 1.0}]
    )
    made_up_run.write_lines(
        place / "t-000001.jsonl",
        [{"target": ["a cat", "one cat"], "prediction": "One cat"}],
    )
    (task,) = read_run(model_dir=tmp_path).tasks
    (sample,) = follow_examples(task, 3).samples
    assert sample.prompt == ""
    assert sample.target == "a cat | one cat"
    assert sample.said[0].is_exact


def test_evaluations_are_spread_evenly():
    assert spread([1, 2, 3, 4, 5], 3) == [1, 3, 5]
    assert spread([1, 2], 6) == [1, 2]
    assert spread(list(range(0, 101)), 6) == [0, 20, 40, 60, 80, 100]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
