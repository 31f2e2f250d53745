"""The files of an evaluation: scores, every prediction, how it was scored.

MODEL_DIR/inference_eval/<task>-metrics.jsonl      one line a step
MODEL_DIR/inference_eval/<task>-<step:06d>.jsonl   one line an example
MODEL_DIR/inference_eval/<task>-<step:06d>.score.json  what belongs beside the
scores of a step, without which they cannot be compared
"""

import importlib.metadata
import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files

# What the metrics compute with.
_PACKAGES = (
    "pali_tf",
    "budoux",
    "faster-coco-eval",
    "jiwer",
    "pycocoevalcap",
    "rapidfuzz",
    "seqio",
)


def describe_example(
    fields: Mapping[str, Any], vocabulary: Any
) -> dict[str, Any]:
    """Gives what a line says of an example beside what was predicted.

    Args:
        fields: what the task kept of it, as numpy.
        vocabulary: of inputs and targets.
    """
    return {
        "example_id": fields["example_id"].decode(),
        "input": vocabulary.decode(fields["inputs"].tolist()),
        "target": vocabulary.decode(fields["targets"].tolist()),
    }


def write(
    model_dir: str | os.PathLike[str],
    task_name: str,
    step: int,
    lines: Sequence[Mapping[str, Any]],
    scores: Mapping[str, float],
    *,
    split: str,
    **told: Any,
) -> None:
    """Writes an evaluation, each file at once and whole.

    Args:
        model_dir: the run's MODEL_DIR.
        task_name: of the task.
        step: of training.
        lines: the examples, at least one.
        scores: {metric: value}.
        split: "test".
        **told: what made the predictions, such as the checkpoint, decoding,
            feature_lengths and vocabulary_sha256.
    """
    folder = files.as_path(model_dir) / "inference_eval"
    json_files.write_lines(folder / f"{task_name}-{step:06d}.jsonl", lines)
    add_metrics(folder / f"{task_name}-metrics.jsonl", step, scores)
    record = {
        "task": task_name,
        "split": split,
        "step": step,
        "num_examples": len(lines),
        # A test set may keep its answers to itself.
        "num_without_references": sum(not line["target"] for line in lines),
        "prompt": lines[0]["input"],
        **told,
        "versions": versions(),
        "scores": dict(scores),
    }
    json_files.write(folder / f"{task_name}-{step:06d}.score.json", record)


def add_metrics(path: Path, step: int, scores: Mapping[str, float]) -> None:
    """Adds a step's scores; a resumed run's replace those of the same step."""
    lines = {}
    if path.exists():
        lines = {line["step"]: line for line in json_files.read_lines(path)}
    lines[step] = {"step": step, **scores}
    json_files.write_lines(path, [lines[step] for step in sorted(lines)])


def versions() -> dict[str, str]:
    """Gives the versions of what the metrics compute with."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    # What NFKC and letter case are.
    return found | {"unicode": unicodedata.unidata_version}
