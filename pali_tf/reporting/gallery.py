"""Examples of each task: as cards, and as they changed over evaluations."""

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from pali_tf.data.boxes import LabelledBox, parse_boxes
from pali_tf.reporting.run_record import TaskRecord


@dataclasses.dataclass(frozen=True, kw_only=True)
class Card:
    """An example as the page shows it.

    Attributes:
        image: A `data:` address; None if the example has no image here.
        prompt: What the model was given.
        target: What it should write.
        prediction: What it wrote.
        blind: What it wrote with another example's image; None if not asked.
        true_boxes: The target's boxes, of a detection example.
        predicted_boxes: The prediction's.
    """

    image: str | None
    prompt: str
    target: str
    prediction: str
    blind: str | None
    true_boxes: list[LabelledBox]
    predicted_boxes: list[LabelledBox]

    @property
    def is_exact(self) -> bool:
        """Whether the prediction is the target, case and spaces aside."""
        return _folded(self.prediction) == _folded(self.target)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Followed:
    """One example through the evaluations.

    Attributes:
        prompt: What the model was given.
        target: What it should write.
        said: What it wrote at each step, and whether that is a target, case
            and spaces aside; None: it was not asked.
    """

    prompt: str
    target: str
    said: list[tuple[str, bool] | None]


def choose_examples(task: TaskRecord, number: int) -> list[dict[str, Any]]:
    """Gives `number` examples, picked by a hash: nobody chose the good ones."""

    def draw(example: dict[str, Any]) -> str:
        key = f"{task.name}|{example.get('example_id')}|{example.get('input')}"
        return hashlib.sha256(key.encode()).hexdigest()

    return sorted(task.examples, key=draw)[:number]


def make_card(example: dict[str, Any], images: Mapping[str, str]) -> Card:
    """Makes a card of a line of the predictions; `images` are by id."""
    prompt = as_text(example.get("input", ""))
    target = as_text(example["target"])
    prediction = as_text(example["prediction"])
    is_detection = prompt.startswith("detect ")
    blind = example.get("blind_prediction")
    return Card(
        image=images.get(example.get("example_id") or ""),
        prompt=prompt,
        target=target,
        prediction=prediction,
        blind=None if blind is None else as_text(blind),
        true_boxes=parse_boxes(target) if is_detection else [],
        predicted_boxes=parse_boxes(prediction) if is_detection else [],
    )


def follow_examples(task: TaskRecord, number: int) -> list[Followed]:
    """Follows examples of the latest evaluation through `task.predictions`.

    They are picked as the cards are.
    """
    by_step = [
        {_name(i, line): line for i, line in enumerate(lines)}
        for lines in task.predictions.values()
    ]
    places = {id(line): i for i, line in enumerate(task.examples)}
    followed = []
    for example in choose_examples(task, number):
        name = _name(places[id(example)], example)
        followed.append(
            Followed(
                prompt=as_text(example.get("input", "")),
                target=as_text(example["target"]),
                said=[_said(lines.get(name)) for lines in by_step],
            )
        )
    return followed


def as_text(value: Any) -> str:
    """Gives a target or prediction as text; several of them joined.

    Example: as_text(["a cat", "one cat"]) gives "a cat | one cat".
    """
    if isinstance(value, list):
        return " | ".join(map(str, value))
    return str(value)


def _name(index: int, line: dict[str, Any]) -> tuple[Any, Any]:
    return line.get("example_id", index), str(line.get("input"))


def _said(line: dict[str, Any] | None) -> tuple[str, bool] | None:
    if line is None:
        return None
    text, targets = as_text(line["prediction"]), line["target"]
    targets = targets if isinstance(targets, list) else [targets]
    return text, _folded(text) in [_folded(str(target)) for target in targets]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
