"""`pali score`: scores a file of predictions again, without a model.

Predictions are JSON lines: those of inference_eval/<task>-<step>.jsonl, or
{"example_id": ..., "prediction": ...} of any origin. References come from the
file where it holds them, else from the task's stored examples.
"""

import argparse
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.errors import UserError
from pali_tf.evaluation.score_table import format_table
from pali_tf.run import program_log

# Images are decoded with the examples and not looked at.
_IMAGE_SIDE = 16
# Of an evaluation's record, what holds for its predictions for ever.
_KEPT = (
    "split",
    "step",
    "prompt",
    "checkpoint",
    "decoding",
    "feature_lengths",
    "seed",
    "vocabulary_sha256",
)


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = _parser().parse_args(argv)
    program_log.set_up()
    # These import TensorFlow.
    from pali_tf.data.data_root import DataRoot
    from pali_tf.evaluation import prediction_files, rescore

    lines = rescore.read_lines(flags.predictions)
    task = _find_task(flags.task, DataRoot(flags.data_dir))
    kept = _kept(flags.predictions)
    split = flags.split or kept.get("split", "test")
    if rescore.have_references(lines):
        found = rescore.score_lines(task, lines)
    else:
        found = rescore.score_with_targets(
            task,
            lines,
            _stored_targets(task, split, flags.length, flags.seed),
            allow_missing=flags.allow_missing,
        )
    record = {
        "task": task.name,
        "predictions": str(flags.predictions),
        **({"prompt": lines[0]["input"]} if "input" in lines[0] else {}),
        **kept,
        "split": split,
        "num_examples": found.num_examples,
        "num_missing": found.num_missing,
        "versions": prediction_files.versions(),
        "scores": found.scores,
    }
    output = flags.output or flags.predictions.with_suffix(".rescored.json")
    json_files.write(output, record)
    count = f"{found.num_examples} predictions"
    if found.num_missing:
        count += f", {found.num_missing} missing"
    print(f"{task.name}, split {split}: {count}.")
    print(format_table({task.name: found.scores}))
    print(output)
    return 0


def _find_task(name: str, root: Any) -> Any:
    from seqio_tasks import named

    data = named.find(name, root)
    if len(data.tasks) > 1:
        tasks = ", ".join(data.task_names)
        raise UserError(f"{name} is a mixture; score one task of it: {tasks}.")
    return data.tasks[0]


def _stored_targets(task: Any, split: str, length: int, seed: int) -> list[Any]:
    from pali_tf.data import input_pipeline
    from pali_tf.evaluation.seqio_metrics import target_of

    lengths = {"inputs": length, "targets": length, "images": _IMAGE_SIDE}
    examples: Any = input_pipeline.eval_dataset(
        task, feature_lengths=lengths, split=split, seed=seed
    ).map(lambda x: {k: v for k, v in x.items() if k != "images"})
    return [target_of(task, x) for x in examples.as_numpy_iterator()]


def _kept(predictions: Path) -> dict[str, Any]:
    """Reads what an evaluation told beside its predictions."""
    path = predictions.with_suffix(".score.json")
    if not path.is_file():
        return {}
    record = json_files.read(path)
    return {name: record[name] for name in _KEPT if name in record}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pali score", description=__doc__)
    parser.add_argument(
        "predictions", type=files.as_path, help="JSON lines, one an example"
    )
    parser.add_argument("--task", required=True, help="whose metrics")
    parser.add_argument(
        "--data_dir",
        help="the shards, for references (default: $PALI_DATA_DIR)",
    )
    parser.add_argument(
        "--split",
        help="of the stored examples (default: the evaluation's, else test)",
    )
    parser.add_argument(
        "--allow_missing",
        action="store_true",
        help="score what is there, if examples have no prediction",
    )
    drawn = "a task that draws its targets at random may draw by it"
    parser.add_argument(
        "--length",
        type=int,
        default=128,
        help=f"tokens of a prompt and of a target; {drawn} (default: 128)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help=f"of the stored examples; {drawn} (default: 0)",
    )
    parser.add_argument(
        "--output",
        type=files.as_path,
        help="the scores and what belongs beside them, as JSON (default: "
        "beside the predictions, as <name>.rescored.json)",
    )
    return parser
