"""Reads what a run left in its folders; what is not there stays None."""

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

from pali_tf import json_files
from pali_tf.errors import MissingFileError, UserError
from pali_tf.reporting.checkpoints import Checkpoint, list_checkpoints
from pali_tf.reporting.event_files import read_numbers
from pali_tf.reporting.json_lines import FaultNotingReader
from pali_tf.reporting.sessions import Session, read_sessions

BLIND = "blind/"
# Columns that a table of predictions has room for.
_MOST_EVALUATIONS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """The latest evaluation of a task.

    Attributes:
        name: Of the task.
        step: Of the checkpoint.
        scores: metric -> value with each example's own image.
        blind_scores: metric -> value with the images swapped; may be empty.
        examples: The predictions' lines, each with at least "target" and
            "prediction".
        history: The lines of all evaluations, each with "step".
        predictions: Evaluated step -> its predictions' lines, of the latest
            and of some before it.
    """

    name: str
    step: int
    scores: dict[str, float]
    blind_scores: dict[str, float]
    examples: list[dict[str, Any]]
    history: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    predictions: dict[int, list[dict[str, Any]]] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything the report shows, as it was read.

    Attributes:
        model_dir: MODEL_DIR.
        training: The lines of the training's metrics.
        validation: task -> the lines of its loss on validation batches; of
            all tasks together under "".
        vision: The lines of the ViT's own pre-training.
        tasks: The evaluations that decode.
        answers: What came back over gRPC.
        config: config.gin.
        model_info: model-info.txt.
        environment: environment.json.
        checkpoints: Those there are.
        sessions: The processes that trained.
        diverged: Names of the batches at which the loss diverged.
        faults: Sentences about files that are broken.
    """

    model_dir: pathlib.Path
    training: list[dict[str, Any]]
    validation: dict[str, list[dict[str, Any]]]
    vision: list[dict[str, Any]]
    tasks: list[TaskRecord]
    answers: list[dict[str, Any]]
    config: str | None
    model_info: str | None
    environment: dict[str, Any] | None
    checkpoints: list[Checkpoint]
    sessions: list[Session]
    diverged: list[str]
    faults: list[str]


def read_run(
    *,
    model_dir: pathlib.Path,
    vision_dir: pathlib.Path | None = None,
    answers: pathlib.Path | None = None,
) -> RunRecord:
    """Reads a run; it may still be going on.

    Args:
        model_dir: MODEL_DIR of the training.
        vision_dir: The ViT's own pre-training, if it is to be shown.
        answers: A JSON list of what came back over gRPC, if there is one.

    Raises:
        MissingFileError: A folder or file named by the caller is not there.
        UserError: `answers` holds none.
    """
    for folder in (model_dir, vision_dir):
        if folder is not None and not folder.is_dir():
            raise MissingFileError(f"There is no folder {folder}.")
    reader = FaultNotingReader()
    step = ("step",)
    return RunRecord(
        model_dir=model_dir,
        training=reader.lines(model_dir / "train/metrics.jsonl", step)
        or read_numbers(model_dir / "train", reader.faults),
        validation=_read_validation(model_dir / "training_eval", reader),
        vision=reader.lines(vision_dir / "train/metrics.jsonl", step)
        if vision_dir
        else [],
        tasks=list(_read_tasks(model_dir / "inference_eval", reader)),
        answers=_read_answers(answers) if answers else [],
        config=reader.text(model_dir / "config.gin"),
        model_info=reader.text(model_dir / "model-info.txt"),
        environment=reader.object(model_dir / "environment.json"),
        checkpoints=list_checkpoints(model_dir),
        sessions=read_sessions(model_dir / "train", reader.faults),
        diverged=sorted(p.name for p in model_dir.glob("diverged/*.npz")),
        faults=reader.faults,
    )


def _read_validation(
    folder: pathlib.Path, reader: FaultNotingReader
) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for path in sorted(folder.glob("**/metrics.jsonl")):
        name = path.parent.relative_to(folder).as_posix()
        found["" if name == "." else name] = reader.lines(path, ("step",))
    if found:
        return found
    # T5X writes an event file a mixture, with `loss` and `loss/<task>`.
    for path in sorted(folder.glob("*/")):
        for line in read_numbers(path, reader.faults):
            for key, value in line.items():
                kind, _, task = key.partition("/")
                lines = found.setdefault(task, [])
                if not lines or lines[-1]["step"] != line["step"]:
                    lines.append({"step": line["step"]})
                lines[-1][kind] = value
    return found


def _read_tasks(
    folder: pathlib.Path, reader: FaultNotingReader
) -> Iterator[TaskRecord]:
    for path in sorted(folder.glob("*-metrics.jsonl")):
        name = path.name.removesuffix("-metrics.jsonl")
        history = reader.lines(path, ("step",))
        if not history:
            continue
        latest = dict(history[-1])
        step = int(latest.pop("step"))
        numbers = {
            key: float(value)
            for key, value in latest.items()
            if isinstance(value, int | float)
        }
        predictions = _read_predictions(folder, name, history, reader)
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
            examples=predictions.get(step, []),
            history=history,
            predictions=predictions,
        )


def _read_predictions(
    folder: pathlib.Path,
    name: str,
    history: list[dict[str, Any]],
    reader: FaultNotingReader,
) -> dict[int, list[dict[str, Any]]]:
    """Reads the predictions of evenly spread evaluations, the latest too."""
    paths = {
        step: folder / f"{name}-{step:06d}.jsonl"
        for step in sorted({int(line["step"]) for line in history})
    }
    steps = [step for step, path in paths.items() if path.is_file()]
    needed = ("target", "prediction")
    return {
        step: reader.lines(paths[step], needed)
        for step in spread(steps, _MOST_EVALUATIONS)
    }


def spread(values: list[int], number: int) -> list[int]:
    """Chooses at most `number`, evenly, with the first and the last.

    Example: spread([1, 2, 3, 4, 5], 3) gives [1, 3, 5].
    """
    if len(values) <= number:
        return values
    last = len(values) - 1
    return [values[round(i * last / (number - 1))] for i in range(number)]


def _read_answers(path: pathlib.Path) -> list[dict[str, Any]]:
    answers = json_files.read(path)
    needed = {"image_source_id", "prompt", "text"}
    if not isinstance(answers, list) or not all(
        isinstance(answer, dict) and needed <= answer.keys()
        for answer in answers
    ):
        raise UserError(
            f"{path} holds no list of answers, each with {sorted(needed)}."
        )
    return answers
