"""Reads what a run left in its folders; what is not there stays None."""

import dataclasses
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.errors import MissingFileError, UserError, told
from pali_tf.reporting import task_titles
from pali_tf.reporting.event_files import Session, read_numbers, read_sessions
from pali_tf.reporting.model_dir import Checkpoint, list_checkpoints

_Content = TypeVar("_Content")
_Lines = list[dict[str, Any]]

# Columns that a table of predictions has room for.
_MOST_EVALUATIONS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskRecord:
    """The evaluations of a task.

    Attributes:
        name: Of the task.
        history: The lines of all, at least one, each with "step".
        predictions: Evaluated step -> its predictions' lines, each with at
            least "target" and "prediction"; of the latest, where it left any,
            and of some before it.
    """

    name: str
    history: _Lines
    predictions: dict[int, _Lines]

    @property
    def examples(self) -> _Lines:
        """The predictions of the latest."""
        return self.predictions.get(int(self.history[-1]["step"]), [])

    @property
    def scores(self) -> dict[str, float]:
        """The latest: metric, "blind/<metric>" -> value."""
        return {
            key: float(value)
            for key, value in self.history[-1].items()
            if isinstance(value, int | float) and key != "step"
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything the report shows, as it was read.

    Attributes:
        training: The lines of the training's metrics.
        validation: task -> the lines of its loss on validation batches; of
            all tasks together under "".
        vision: The lines of the ViT's own pre-training.
        tasks: The evaluations that decode, in the page's order.
        answers: What came back over gRPC.
        diverged: Names of the batches at which the loss diverged.
        faults: Sentences about files that are broken.
    """

    model_dir: Path
    training: _Lines
    validation: dict[str, _Lines]
    vision: _Lines
    tasks: list[TaskRecord]
    answers: _Lines
    config: str | None
    model_info: str | None
    environment: dict[str, Any] | None
    checkpoints: list[Checkpoint]
    sessions: list[Session]
    diverged: list[str]
    faults: list[str]


def read_run(
    *,
    model_dir: Path,
    vision_dir: Path | None = None,
    answers: Path | None = None,
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
    reader = _Reader()
    train = model_dir / "train"
    return RunRecord(
        model_dir=model_dir,
        training=reader.lines(train / "metrics.jsonl", ["step"])
        or read_numbers(train, reader.faults),
        validation=_read_validation(model_dir / "training_eval", reader),
        vision=reader.lines(vision_dir / "train/metrics.jsonl", ["step"])
        if vision_dir
        else [],
        tasks=_read_tasks(model_dir / "inference_eval", reader),
        answers=_read_answers(answers) if answers else [],
        config=reader.read(_text, model_dir / "config.gin"),
        model_info=reader.read(_text, model_dir / "model-info.txt"),
        environment=reader.read(_object, model_dir / "environment.json"),
        checkpoints=list_checkpoints(model_dir),
        sessions=read_sessions(train, reader.faults),
        diverged=sorted(p.name for p in model_dir.glob("diverged/*.npz")),
        faults=reader.faults,
    )


class _Reader:
    """Reads what can be read, and keeps what is wrong with the rest.

    Attributes:
        faults: Sentences, each with the file it is about.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    def read(
        self, read: Callable[[Path], _Content], path: Path
    ) -> _Content | None:
        """Gives a file's content; None: there is none that can be read."""
        try:
            return read(path)
        except MissingFileError:
            return None
        except UserError as error:
            self.faults.append(str(error))
            return None

    def lines(self, path: Path, needed: Collection[str]) -> _Lines:
        """Gives the objects up to the first line that is broken."""
        found = []
        try:
            for line in json_files.read_lines(path, needed, is_growing=True):
                found.append(line)
        except MissingFileError:
            pass
        except UserError as error:
            more = " What follows that line is not shown." if found else ""
            self.faults.append(f"{error}{more}")
        return found


def _text(path: Path) -> str:
    with told(path):
        return path.read_text(encoding="utf-8")


def _object(path: Path) -> dict[str, Any]:
    found = json_files.read(path)
    if not isinstance(found, dict):
        raise UserError(f"{path} holds no JSON object.")
    return found


def _read_validation(folder: Path, reader: _Reader) -> dict[str, _Lines]:
    found = {}
    for name in files.list_files(folder):
        place, _, file = f"/{name}".rpartition("/")
        if file == "metrics.jsonl":
            found[place[1:]] = reader.lines(folder / name, ["step"])
    if found or not folder.is_dir():
        return found
    # T5X writes an event file a mixture, with `loss` and `loss/<task>`.
    for path in sorted(p for p in files.children(folder) if p.is_dir()):
        for line in read_numbers(path, reader.faults):
            for key, value in line.items():
                kind, _, task = key.partition("/")
                lines = found.setdefault(task, [])
                if not lines or lines[-1]["step"] != line["step"]:
                    lines.append({"step": line["step"]})
                lines[-1][kind] = value
    return found


def _read_tasks(folder: Path, reader: _Reader) -> list[TaskRecord]:
    found = {}
    for path in folder.glob("*-metrics.jsonl"):
        name = path.name.removesuffix("-metrics.jsonl")
        if history := reader.lines(path, ["step"]):
            found[name] = _read_task(folder, name, history, reader)
    return [found[name] for name in task_titles.in_order(list(found))]


def _read_task(
    folder: Path, name: str, history: _Lines, reader: _Reader
) -> TaskRecord:
    paths = {
        step: folder / f"{name}-{step:06d}.jsonl"
        for step in sorted({int(line["step"]) for line in history})
    }
    steps = [step for step, path in paths.items() if path.is_file()]
    predictions = {
        step: reader.lines(paths[step], ["target", "prediction"])
        for step in spread(steps, _MOST_EVALUATIONS)
    }
    return TaskRecord(name=name, history=history, predictions=predictions)


def spread(values: list[int], number: int) -> list[int]:
    """Chooses at most `number`, evenly, with the first and the last.

    Example: spread([1, 2, 3, 4, 5], 3) gives [1, 3, 5].
    """
    if len(values) <= number:
        return values
    last = len(values) - 1
    return [values[round(i * last / (number - 1))] for i in range(number)]


def _read_answers(path: Path) -> _Lines:
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
