"""What the model wrote for the same examples, evaluation by evaluation."""

import dataclasses
from typing import Any

from pali_tf.reporting import gallery
from pali_tf.reporting.run_record import TaskRecord


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    """A prediction, and whether it is the target, case and spaces aside."""

    text: str
    is_exact: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """One example; `said` has what was written at each step, None: nothing."""

    prompt: str
    target: str
    said: list[Said | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSamples:
    """Examples of a task, and the steps of the evaluations, in order."""

    task: str
    steps: list[int]
    samples: list[Sample]


def follow_examples(task: TaskRecord, number: int) -> TaskSamples:
    """Follows `number` examples of the latest evaluation through those before.

    They are picked by a hash of their names, as the gallery's are.
    """
    by_step = {
        step: {_name(i, line): line for i, line in enumerate(lines)}
        for step, lines in task.predictions.items()
    }
    latest = {id(line): i for i, line in enumerate(task.examples)}
    samples = []
    for example in gallery.choose_examples(task, number):
        name = _name(latest[id(example)], example)
        target = gallery.as_text(example["target"])
        samples.append(
            Sample(
                prompt=gallery.as_text(example.get("input", "")),
                target=target,
                said=[_said(lines.get(name)) for lines in by_step.values()],
            )
        )
    return TaskSamples(task=task.name, steps=list(by_step), samples=samples)


def _name(index: int, line: dict[str, Any]) -> tuple[Any, Any]:
    return line.get("example_id", index), str(line.get("input"))


def _said(line: dict[str, Any] | None) -> Said | None:
    if line is None:
        return None
    text = gallery.as_text(line["prediction"])
    targets = line["target"]
    targets = targets if isinstance(targets, list) else [targets]
    return Said(
        text=text,
        is_exact=any(gallery.is_same(text, str(t)) for t in targets),
    )
