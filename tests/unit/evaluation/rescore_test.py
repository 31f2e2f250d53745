import json

import pytest

from pali_tf.evaluation import rescore
from pali_tf.evaluation.seqio_metrics import Target
from seqio_tasks import named

TARGETS = [
    Target(references=("red",), example_id="a", language="en"),
    Target(references=("two", "2"), example_id="b", language="fr"),
    Target(references=(), example_id="c", language="en"),
]
SAID = [
    {"example_id": "c", "prediction": "what nobody knows"},
    {"example_id": "a", "prediction": "red"},
    {"example_id": "b", "prediction": "3"},
]


@pytest.fixture(scope="module")
def task():
    return named.find("vq2a_cc3m35l_vqa").tasks[0]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_predictions_are_matched_by_id(task):
    found = rescore.score_with_targets(task, SAID, TARGETS)
    assert found.scores == {
        "exact_match": 0.5,
        "vqa_accuracy": 0.5,
        "vqa_accuracy/en": 1.0,
        "vqa_accuracy/fr": 0.0,
    }
    assert (found.num_examples, found.num_missing) == (3, 0)


def test_lines_bring_their_references_and_their_blind_control(task):
    lines = [
        {
            "example_id": "",
            "references": ["red", "dark red"],
            "language": "en",
            "prediction": "dark red",
            "blind_prediction": "blue",
        }
    ] * 2
    found = rescore.score_lines(task, lines)
    assert found.scores["exact_match"] == 1
    assert found.scores["blind/exact_match"] == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (SAID[1:], r"1 examples have no prediction .*: 'c'\."),
        ([*SAID, SAID[0], SAID[1]], "2 predictions come more than once: 'a'"),
        (
            [*SAID, *({"example_id": n, "prediction": ""} for n in range(7))],
            "7 predictions are of no example of .*: '0', .*'4', ...",
        ),
    ],
)
def test_ids_that_do_not_fit_are_named_and_counted(task, lines, message):
    with pytest.raises(ValueError, match=message):
        rescore.score_with_targets(task, lines, TARGETS)


def test_examples_that_share_an_id_cannot_be_matched(task):
    with pytest.raises(ValueError, match="1 examples of .* share an id: 'a'"):
        rescore.score_with_targets(task, SAID, [*TARGETS, TARGETS[0]])


def test_missing_ones_are_counted_where_allowed(task):
    found = rescore.score_with_targets(
        task, SAID[1:2], TARGETS, allow_missing=True
    )
    assert found.scores["exact_match"] == 1
    assert (found.num_examples, found.num_missing) == (1, 2)


def test_detection_needs_log_probabilities():
    lines = [
        {
            "example_id": "a",
            "references": ["1 2 300 400 cat"],
            "boxes": [[0.001, 0.002, 0.3, 0.4, "cat"]],
            "prediction": "1 2 300 400 cat",
        }
    ]
    (task,) = named.find("object_detection").tasks
    with pytest.raises(ValueError, match='each needs a "score"'):
        rescore.score_lines(task, lines)
    scored = {**lines[0], "score": -1.0, "blind_prediction": ""}
    found = rescore.score_lines(task, [scored])
    assert found.scores == {"ap50": pytest.approx(1), "exact_match": 1}
    found = rescore.score_lines(task, [{**scored, "blind_score": -1.0}])
    assert found.scores["blind/ap50"] == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no predictions"),
        ('{"example_id": "x"}', "line 1: no object with example_id, pred"),
        ('{"example_id": "a", "prediction": "b"}\n{oops', "line 2: no JSON"),
    ],
)
def test_bad_lines_are_named(tmp_path, content, message):
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        rescore.read_lines(path)


def test_all_lines_have_references_or_none():
    assert not rescore.have_references(SAID)
    with pytest.raises(ValueError, match='1 of 4 predictions have "ref'):
        rescore.have_references([*SAID, {"references": []}])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
