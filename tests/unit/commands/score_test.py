"""`pali score` against the evaluation that wrote the predictions."""

import json

import pytest

from pali_tf import json_files
from pali_tf.commands import score
from pali_tf.data import data_root
from pali_tf.data.data_root import DataRoot
from pali_tf.evaluation import evaluator
from seqio_tasks import named
from tests.support import stored_examples

TASK = "object_detection"
NUM_EXAMPLES = 6


def say(batch):
    """Half of the images get a box that is there."""
    texts = ["500 100 899 400 dog", "1 2 3"] * len(batch["images"])
    return texts[: len(batch["images"])], [-1.0] * len(batch["images"])


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """(scores, the file of predictions) of an evaluation."""
    root = tmp_path_factory.mktemp("score")
    stored_examples.write_data(root / "data", num_records=NUM_EXAMPLES)
    (task,) = named.find(TASK, DataRoot(str(root / "data"))).tasks
    scores = evaluator.evaluate_task(
        task,
        say,
        feature_lengths=stored_examples.LENGTHS,
        batch_size=NUM_EXAMPLES,
        output_dir=root,
        made_by={"checkpoint": "model", "decoding": {"method": "greedy"}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(data_root.ENVIRONMENT_VARIABLE, str(root / "data"))
        yield scores, root / "inference_eval" / f"{TASK}-000000.jsonl"


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def bare(evaluated):
    keys = ("example_id", "prediction", "score")
    return [{k: line[k] for k in keys} for line in lines_of(evaluated[1])]


@pytest.mark.slow
def test_scores_are_those_of_the_evaluation(evaluated, tmp_path, capsys):
    scores, predictions = evaluated
    output = tmp_path / "out.json"
    score.main([str(predictions), f"--task={TASK}", f"--output={output}"])
    record = json.loads(output.read_text())
    assert record["scores"] == scores
    assert 0 < scores["ap50"] < 1
    assert "blind/ap50" in scores
    assert record["decoding"] == {"method": "greedy"}
    assert record["num_examples"] == NUM_EXAMPLES
    assert record["prompt"].startswith("detect ")
    assert f"{NUM_EXAMPLES} predictions." in capsys.readouterr().out


def test_references_come_from_the_stored_examples(evaluated, storage):
    scores, _ = evaluated
    json_files.write_lines(f"{storage}/mine.jsonl", bare(evaluated)[::-1])
    score.main([f"{storage}/mine.jsonl", f"--task={TASK}"])
    record = json_files.read(f"{storage}/mine.rescored.json")
    own = {k: v for k, v in scores.items() if not k.startswith("blind/")}
    assert record["scores"] == own


def test_a_mixture_is_no_task(evaluated):
    _, predictions = evaluated
    with pytest.raises(ValueError, match="a mixture; score one task of it"):
        score.main([str(predictions), "--task=pali_tiny"])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
