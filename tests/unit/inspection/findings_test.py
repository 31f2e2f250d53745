"""Each kind of fault is found where it is, and nowhere else."""

import pytest

from pali_tf.inspection import findings
from tests.support.drawn_examples import example


def kinds(examples):
    return {(f.kind, f.rows) for f in findings.find(examples)}


def distinct(count):
    return [
        example(target=f"a {n}", seed=n, example_id=f"image-{n}")
        for n in range(count)
    ]


def test_nothing_is_wrong_with_good_examples():
    assert kinds(distinct(5)) == set()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("empty-target", {"target": " "}),
        ("prompt-cut", {"is_prompt_cut": True}),
        ("target-cut", {"is_target_cut": True}),
        ("unknown-piece", {"has_unknown": True}),
        ("one-colour", {"is_one_colour": True}),
        ("no-sentinel", {"prompt": "what?"}),
        ("no-image", {"seed": None}),
    ],
)
def test_a_fault_is_named_with_its_place(kind, fault):
    wrong = example(**{"seed": 9, "example_id": "image-9", **fault})
    assert kinds([*distinct(5), wrong]) == {(kind, (5,))}


def test_texts_that_are_cut_are_named_above_a_share():
    rare = [example(is_prompt_cut=True), *distinct(99)]
    assert kinds(rare) == set()
    assert kinds([*rare, example(is_prompt_cut=True)]) == {
        ("prompt-cut", (0, 100))
    }


def test_duplicates_have_equal_pictures_and_targets_and_unlike_ids():
    again = example(seed=1, target="a 1", example_id="image-1")
    other_target = example(seed=1, target="b", example_id="image-8")
    copy = example(seed=1, target="a 1", example_id="image-9")
    # A second epoch, and another question about the same picture.
    assert kinds([*distinct(3), again, other_target]) == set()
    assert kinds([*distinct(3), copy]) == {("duplicate", (1, 3))}


def test_a_task_without_sentinels_or_images_is_as_it_shall_be():
    texts = [example("detect cat", task="mine", seed=None) for _ in range(3)]
    assert kinds([*distinct(3), *texts]) == set()


def test_the_share_is_of_the_task():
    others = [example(task="webli_ocr", seed=n) for n in range(6)]
    (found,) = findings.find([example(target=""), *distinct(3), *others])
    assert (found.task, found.count, found.share) == (
        "vq2a_cc3m35l_vqa",
        4,
        0.25,
    )


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
