"""Reads what a run left in its folders; what is not there stays None."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

BLIND = "blind/"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """The latest evaluation of a task.

    Attributes:
        name: Of the task.
        step: Of the checkpoint.
        scores: metric -> value with each example's own image.
        blind_scores: metric -> value with the images swapped; may be empty.
        examples: The predictions' lines, each with at least "input",
            "target" and "prediction".
    """

    name: str
    step: int
    scores: dict[str, float]
    blind_scores: dict[str, float]
    examples: list[dict[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything the report shows, as it was read."""

    model_dir: pathlib.Path
    training: list[dict[str, Any]]
    vision: list[dict[str, Any]]
    tasks: list[TaskRecord]
    answers: list[dict[str, Any]]
    config: str | None
    model_info: str | None
    environment: dict[str, Any] | None


def read_run(
    *,
    model_dir: pathlib.Path,
    vision_dir: pathlib.Path | None = None,
    answers: pathlib.Path | None = None,
) -> RunRecord:
    """Reads a run.

    Args:
        model_dir: MODEL_DIR of the training.
        vision_dir: The ViT's own pre-training, if it is to be shown.
        answers: A JSON list of what came back over gRPC, if there is one.

    Raises:
        FileNotFoundError: A folder or file named by the caller is not there.
        ValueError: A file holds no JSON; the message names file and line.
    """
    for folder in (model_dir, vision_dir):
        if folder is not None and not folder.is_dir():
            raise FileNotFoundError(f"There is no folder {folder}.")
    environment = _read_text(model_dir / "environment.json")
    return RunRecord(
        model_dir=model_dir,
        training=list(read_lines(model_dir / "train/metrics.jsonl")),
        vision=list(read_lines(vision_dir / "train/metrics.jsonl"))
        if vision_dir
        else [],
        tasks=list(_read_tasks(model_dir / "inference_eval")),
        answers=_read_answers(answers) if answers else [],
        config=_read_text(model_dir / "config.gin"),
        model_info=_read_text(model_dir / "model-info.txt"),
        environment=json.loads(environment) if environment else None,
    )


def read_lines(path: pathlib.Path) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON lines file; none if there is no file.

    A last line without its end is passed over: its writer was killed.
    """
    text = _read_text(path) or ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            if line.endswith("\n"):
                raise ValueError(
                    f"{path}, line {number}: no JSON ({error})."
                ) from error


def _read_tasks(folder: pathlib.Path) -> Iterator[TaskRecord]:
    for path in sorted(folder.glob("*-metrics.jsonl")):
        name = path.name.removesuffix("-metrics.jsonl")
        *_, latest = read_lines(path)
        step = int(latest.pop("step"))
        numbers = {
            key: float(value)
            for key, value in latest.items()
            if isinstance(value, int | float)
        }
        yield TaskRecord(
            name=name,
            step=step,
            scores={
                key: value
                for key, value in numbers.items()
                if not key.startswith(BLIND)
            },
            blind_scores={
                key.removeprefix(BLIND): value
                for key, value in numbers.items()
                if key.startswith(BLIND)
            },
            examples=list(read_lines(folder / f"{name}-{step:06d}.jsonl")),
        )


def _read_answers(path: pathlib.Path) -> list[dict[str, Any]]:
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} holds no JSON ({error}).") from error
    needed = {"image_source_id", "prompt", "text"}
    if not isinstance(answers, list) or not all(
        isinstance(answer, dict) and needed <= answer.keys()
        for answer in answers
    ):
        raise ValueError(
            f"{path} holds no list of answers, each with {sorted(needed)}."
        )
    return answers


def _read_text(path: pathlib.Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
