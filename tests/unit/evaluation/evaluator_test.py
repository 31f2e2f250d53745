import hashlib
import json
import logging

import numpy as np
import pytest

from pali_tf import files
from pali_tf.data.data_root import DataRoot
from pali_tf.evaluation import evaluator, prediction_files
from seqio_tasks import named
from tests.support import stored_examples

LENGTHS = stored_examples.LENGTHS


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    stored_examples.write_data(root, num_records=6)
    return DataRoot(str(root))


class Oracle:
    """Says the target, and remembers the batches it was shown."""

    def __init__(self, root):
        self.words = root.vocabulary()
        self.batches = []

    def __call__(self, batch):
        self.batches.append(batch)
        targets = batch["decoder_target_tokens"]
        texts = [self.words.decode(row.tolist()) for row in targets]
        return texts, -np.arange(len(texts), dtype=np.float32)


def evaluate(root, name, oracle, **kwargs):
    options = {"feature_lengths": LENGTHS, "batch_size": 4, **kwargs}
    (task,) = named.find(name, root).tasks
    return evaluator.evaluate_task(task, oracle, **options)


@pytest.mark.slow
def test_predictions_and_scores_are_written(root, tmp_path):
    scores = evaluate(
        root,
        "cc3m35l_captioning",
        Oracle(root),
        output_dir=tmp_path,
        step=12,
        made_by={"checkpoint": "model/checkpoint_12"},
    )
    # A Chinese caption has fewer words than the four that BLEU wants.
    assert scores["bleu/fr"] > 99
    assert scores["blind/bleu/fr"] > 99
    folder = tmp_path / "inference_eval"
    (line,) = (folder / "cc3m35l_captioning-metrics.jsonl").open()
    assert json.loads(line) == {"step": 12, **scores}
    lines = (folder / "cc3m35l_captioning-000012.jsonl").read_text()
    first, *rest = map(json.loads, lines.splitlines())
    assert len(rest) == 5
    language = first["language"]
    assert first == {
        "example_id": "scene-test-0",
        "input": f"Generate the alt_text in {language.upper()} at 0: "
        "<extra_id_0>",
        "target": stored_examples.CAPTIONS[language],
        "references": [stored_examples.CAPTIONS[language]],
        "prediction": stored_examples.CAPTIONS[language],
        "score": 0.0,
        "blind_prediction": stored_examples.CAPTIONS[language],
        "blind_score": 0.0,
        "language": language,
    }
    assert sorted(p.name for p in folder.iterdir()) == [
        "cc3m35l_captioning-000012.jsonl",
        "cc3m35l_captioning-000012.score.json",
        "cc3m35l_captioning-metrics.jsonl",
    ]
    record = json.loads(
        (folder / "cc3m35l_captioning-000012.score.json").read_text()
    )
    assert record.pop("versions").keys() >= {"pycocoevalcap", "budoux"}
    vocabulary_file = root.vocabulary_path.read_bytes()
    assert record == {
        "task": "cc3m35l_captioning",
        "split": "test",
        "step": 12,
        "num_examples": 6,
        "num_without_references": 0,
        "prompt": first["input"],
        "checkpoint": "model/checkpoint_12",
        "feature_lengths": LENGTHS,
        "seed": 0,
        "vocabulary_sha256": hashlib.sha256(vocabulary_file).hexdigest(),
        "scores": scores,
    }


@pytest.mark.slow
def test_batches_are_full_and_images_are_swapped(root):
    oracle = Oracle(root)
    evaluate(root, "vq2a_cc3m35l_vqa", oracle)
    assert [len(b["task_id"]) for b in oracle.batches] == [4, 4, 4, 4]
    rows = {
        name: [
            np.concatenate([b[name] for b in oracle.batches[i : i + 2]])[:6]
            for i in (0, 2)
        ]
        for name in ("images", "encoder_input_tokens")
    }
    own, swapped = rows["images"]
    tokens, same_tokens = rows["encoder_input_tokens"]
    np.testing.assert_array_equal(tokens, same_tokens)
    np.testing.assert_array_equal(swapped, np.roll(own, -3, axis=0))
    assert all((a != b).any() for a, b in zip(own, swapped, strict=True))


@pytest.mark.slow
def test_text_alone_has_no_blind_score(root, tmp_path):
    scores = evaluate(
        root, "text_span_corruption", Oracle(root), output_dir=tmp_path
    )
    assert scores == {"exact_match": 1.0, "token_accuracy": 1.0}
    (path,) = (tmp_path / "inference_eval").glob("*-000000.jsonl")
    line = json.loads(path.open().readline())
    assert "blind_prediction" not in line


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "metric", "best"),
    [
        ("webli_ocr", "character_error_rate", 0),
        ("object_detection", "ap50", 1),
        ("openimages_object_aware_vqa", "exact_match", 1),
        ("vq2a_cc3m35l_vqg", "exact_match", 1),
        ("webli_split_captioning", "exact_match", 1),
    ],
)
def test_the_truth_scores_best(root, task, metric, best):
    scores = evaluate(root, task, Oracle(root), blind=False)
    assert scores[metric] == pytest.approx(best)
    assert not any(name.startswith("blind/") for name in scores)


def test_number_of_examples_is_bounded(root):
    oracle = Oracle(root)
    evaluate(root, "object_detection", oracle, num_examples=3, blind=False)
    assert len(oracle.batches) == 1


def test_one_example_cannot_be_blind(root):
    with pytest.raises(ValueError, match="two examples"):
        evaluate(root, "object_detection", Oracle(root), num_examples=1)


def test_prompts_over_the_length_are_counted(root, caplog):
    lengths = {**LENGTHS, "inputs": 8}
    with caplog.at_level(logging.WARNING, logger="absl"):
        evaluate(
            root,
            "vq2a_cc3m35l_vqa",
            Oracle(root),
            feature_lengths=lengths,
            blind=False,
        )
    assert "6 of 6 prompts were over 8 tokens" in caplog.text


def test_scores_of_a_step_are_replaced(storage):
    path = files.as_path(storage) / "inference_eval/t-metrics.jsonl"
    for step, value in [(10, 1.0), (20, 2.0), (10, 3.0)]:
        prediction_files.add_metrics(path, step, {"m": value})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 10, "m": 3.0},
        {"step": 20, "m": 2.0},
    ]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
