"""Which examples, which boxes, what counts as right at which step."""

import pytest

from pali_tf.reporting import gallery
from pali_tf.reporting.run_record import TaskRecord, read_run
from tests.support import made_up_run


def example(number, **more):
    return {
        "example_id": f"scene-{number}",
        "input": "Answer in EN: what? <extra_id_0>",
        "target": "A Cat",
        "prediction": "a  cat",
        **more,
    }


def record(examples):
    return TaskRecord(
        name="vqa", history=[{"step": 1}], predictions={1: examples}
    )


def test_the_choice_depends_on_names_alone():
    examples = [example(n) for n in range(50)]
    chosen = gallery.choose_examples(record(examples), 5)
    again = gallery.choose_examples(record(examples[::-1]), 5)
    assert len(chosen) == 5
    assert chosen == again


def test_case_and_spaces_do_not_make_a_prediction_wrong():
    card = gallery.make_card(example(1), {"scene-1": "data:x"})
    assert card.is_exact
    assert card.image == "data:x"
    assert card.blind is None
    assert not gallery.make_card(example(1, prediction="dog"), {}).is_exact


def test_detection_has_boxes_and_others_have_none():
    text = "100 200 300 400 red star"
    detection = example(1, input="detect red star", target=text, prediction="")
    card = gallery.make_card(detection, {})
    (box,) = card.true_boxes
    assert box.label == "red star"
    assert card.predicted_boxes == []
    assert gallery.make_card(example(1, target=text), {}).true_boxes == []


def test_several_targets_are_shown_together():
    assert gallery.as_text(["a cat", "one cat"]) == "a cat | one cat"


def test_an_example_is_followed_from_wrong_to_right(tmp_path):
    made_up_run.write_predictions(
        tmp_path, "webli_ocr", steps=[10, 20, 30], right=[20, 99]
    )
    (task,) = read_run(model_dir=tmp_path).tasks
    found = gallery.follow_examples(task, 5)
    said = {sample.target: sample.said for sample in found}
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
    (sample,) = gallery.follow_examples(task, 1)
    assert sample.said[0] is None
    assert sample.said[1][1]


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
    (sample,) = gallery.follow_examples(task, 3)
    assert sample.prompt == ""
    assert sample.target == "a cat | one cat"
    assert sample.said[0][1]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
