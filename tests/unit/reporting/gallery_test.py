"""The cards: which examples, which boxes, what counts as right."""

import pytest

from pali_tf.reporting import gallery
from pali_tf.reporting.run_record import TaskRecord


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
        name="vqa", step=1, scores={}, blind_scores={}, examples=examples
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


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
