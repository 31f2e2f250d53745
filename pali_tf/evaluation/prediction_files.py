"""The files of an evaluation, as JSON lines: scores, and every prediction.

MODEL_DIR/inference_eval/<task>-metrics.jsonl      one line a step
MODEL_DIR/inference_eval/<task>-<step:06d>.jsonl   one line an example
MODEL_DIR/inference_eval/<task>-<step:06d>.score.json  how a step was scored
"""

import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from pali_tf import files, json_files

_FOLDER = "inference_eval"


def write_examples(
    model_dir: str | os.PathLike[str],
    task_name: str,
    step: int,
    lines: Iterable[Mapping[str, Any]],
) -> pathlib.Path:
    """Writes what was predicted at a step, at once and whole."""
    path = _folder(model_dir) / f"{task_name}-{step:06d}.jsonl"
    _write(path, lines)
    return path


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


def add_metrics(
    model_dir: str | os.PathLike[str],
    task_name: str,
    step: int,
    metrics: Mapping[str, float],
) -> pathlib.Path:
    """Adds a step's scores; a resumed run's replace those of the same step."""
    path = _folder(model_dir) / f"{task_name}-metrics.jsonl"
    lines = []
    if path.is_file():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [line for line in lines if line["step"] != step]
    lines.append({"step": step, **metrics})
    _write(path, sorted(lines, key=lambda line: line["step"]))
    return path


def write_record(
    model_dir: str | os.PathLike[str],
    task_name: str,
    step: int,
    record: Mapping[str, Any],
) -> pathlib.Path:
    """Writes what belongs beside the scores of a step."""
    path = _folder(model_dir) / f"{task_name}-{step:06d}.score.json"
    json_files.write(path, record)
    return path


def _folder(model_dir: str | os.PathLike[str]) -> pathlib.Path:
    return pathlib.Path(model_dir) / _FOLDER


def _write(path: pathlib.Path, lines: Iterable[Mapping[str, Any]]) -> None:
    content = "".join(
        json.dumps(line, ensure_ascii=False) + "\n" for line in lines
    )
    files.write_whole(path, content)
