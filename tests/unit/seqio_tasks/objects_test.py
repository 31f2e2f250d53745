import functools

import pytest
import tensorflow as tf

from pali_tf.data.boxes import LabelledBox
from pali_tf.data.task_choices import TaskChoices
from seqio_tasks import objects
from tests.support import box_text

EXAMPLE = {
    objects.LABELS: tf.constant(["dog", "cat", "cat"]),
    objects.NEGATIVES: tf.constant(["cow", "pig"]),
    "image/object/bbox/ymin": tf.constant([0.6, 0.01, 0.02]),
    "image/object/bbox/xmin": tf.constant([0.1, 0.5, 0.02]),
    "image/object/bbox/ymax": tf.constant([0.9, 0.2, 0.22]),
    "image/object/bbox/xmax": tf.constant([0.4, 0.7, 0.3]),
}


def made(function, count=200, **changes):
    # One trace for all seeds.
    graph = tf.function(
        lambda seed: function({**EXAMPLE, **changes, "seed": seed})
    )
    return [graph(tf.constant([3, s], tf.int64)) for s in range(count)]


def rows(function, **changes):
    return [
        tuple(m[k].numpy().decode() for k in ("form", "inputs", "targets"))
        for m in made(function, **changes)
    ]


def names_of(prompt, before, after):
    assert prompt.startswith(before) and prompt.endswith(after), prompt
    return prompt.removeprefix(before).removesuffix(after).split(", ")


@pytest.fixture(scope="module")
def asked():
    return rows(objects.ask_about_objects)


@pytest.mark.slow
def test_every_form_is_asked_as_often(asked):
    forms = [form for form, _, _ in asked]
    assert set(forms) == set(objects.FORMS)
    for form in objects.FORMS:
        assert 25 <= forms.count(form) <= 75


def test_list_is_alphabetical_and_without_doubles(asked):
    found = {(i, t) for form, i, t in asked if form == "list"}
    assert found == {
        ("Answer in EN: List the objects present: <extra_id_0>", "cat, dog")
    }


def test_presence(asked):
    found = {(i, t) for form, i, t in asked if form == "presence"}
    assert found == {
        (f"Answer in EN: Is {name} in the image? <extra_id_0>", answer)
        for name, answer in [
            ("cat", "Yes"),
            ("dog", "Yes"),
            ("cow", "No"),
            ("pig", "No"),
        ]
    }


def test_a_set_is_present_when_all_of_it_is(asked):
    answers = set()
    for form, inputs, answer in asked:
        if form != "set_presence":
            continue
        names = names_of(
            inputs, "Answer in EN: Is ", " in the image? <extra_id_0>"
        )
        assert len(names) == 2
        assert answer == ("Yes" if set(names) == {"cat", "dog"} else "No")
        assert {"cat", "dog"} & set(names)
        answers.add(answer)
    assert answers == {"Yes", "No"}


def test_which_lists_the_present_in_the_order_of_the_question(asked):
    for form, inputs, answer in asked:
        if form != "which":
            continue
        names = names_of(
            inputs, "Answer in EN: Which of ", " are in the image? <extra_id_0>"
        )
        present = [name for name in names if name in ("cat", "dog")]
        assert present and answer == ", ".join(present)
        assert {"cow", "pig"} <= set(names)


def test_without_absent_names_every_answer_is_yes():
    none = tf.zeros([0], tf.string)
    found = rows(objects.ask_about_objects, **{objects.NEGATIVES: none})
    assert {t for form, _, t in found if "presence" in form} == {"Yes"}


def test_detection_prompts_and_targets():
    for example in made(objects.detect, count=50):
        prompt = example["inputs"].numpy().decode()
        assert prompt.startswith("detect ")
        names = prompt.removeprefix("detect ").split(" and ")
        assert {"cat", "dog"} <= set(names) <= {"cat", "dog", "cow", "pig"}
        # Line by line: both cats are on the upper line.
        assert example["targets"].numpy().decode() == (
            "20 20 220 300 cat 10 500 200 699 cat 599 100 899 400 dog"
        )
        assert example["labels"].numpy().tolist() == [b"cat", b"cat", b"dog"]
        assert example["boxes"].shape == (3, 4)


def test_a_form_of_weight_0_is_never_asked():
    choices = TaskChoices(form_weights=(0, 3, 0, 1), yes_no_weights=(0, 1))
    ask = functools.partial(objects.ask_about_objects, choices=choices)
    found = rows(ask, count=60)
    forms = [form for form, _, _ in found]
    assert set(forms) == {"presence", "which"}
    assert forms.count("presence") > forms.count("which")
    assert {answer for form, _, answer in found if form == "presence"} == {"No"}


def test_detection_as_chosen():
    choices = TaskChoices(
        max_detected=1, max_detected_absent=0, box_order="stored"
    )
    detect = functools.partial(objects.detect, choices=choices)
    found = {
        (m["inputs"].numpy(), m["targets"].numpy())
        for m in made(detect, count=20)
    }
    assert found == {
        (b"detect cat", b"10 500 200 699 cat 20 20 220 300 cat"),
        (b"detect dog", b"599 100 899 400 dog"),
    }


def test_absent_classes_are_drawn_where_none_are_named():
    choices = TaskChoices(
        class_names=("cat", "dog", "elk", "fox"), max_detected_absent=1
    )
    detect = functools.partial(objects.detect, choices=choices)
    none = tf.zeros([0], tf.string)
    asked = {
        name
        for m in made(detect, count=40, **{objects.NEGATIVES: none})
        for name in m["inputs"].numpy().decode()[7:].split(" and ")
    }
    assert asked == {"cat", "dog", "elk", "fox"}


def test_tensorflow_and_python_write_the_same_boxes():
    sides = tf.random.stateless_uniform([50, 4], [1, 2])
    labels = tf.constant([f"thing{i}" for i in range(50)])
    expected = box_text.format_boxes(
        LabelledBox(*map(float, row), label=f"thing{i}")
        for i, row in enumerate(sides.numpy())
    )
    found = objects.format_boxes(sides, labels).numpy().decode()
    assert found == expected


def test_labels_are_sorted_as_strings():
    words = ["red square", "red circle", "blue", "red", "été", "a" * 30]
    order = objects._alphabetical_order(tf.constant(words)).numpy()
    found = [words[i] for i in order]
    assert found == sorted(words, key=lambda word: word.encode())


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
