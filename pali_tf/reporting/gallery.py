"""Chooses examples of each task and makes cards of them."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
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
        return is_same(self.prediction, self.target)


def choose_examples(task: TaskRecord, number: int) -> list[dict[str, Any]]:
    """Gives `number` examples, picked by a hash: nobody chose the good ones."""

    def draw(example: dict[str, Any]) -> str:
        key = f"{task.name}|{example.get('example_id')}|{example.get('input')}"
        return hashlib.sha256(key.encode()).hexdigest()

    return sorted(task.examples, key=draw)[:number]


def image_ids(examples: Iterable[dict[str, Any]]) -> set[str]:
    """Gives the ids of the images that these examples are about."""
    return {e["example_id"] for e in examples if e.get("example_id")}


def make_card(example: dict[str, Any], images: Mapping[str, str]) -> Card:
    """Makes a card.

    Args:
        example: A line of the predictions.
        images: id -> `data:` address.
    """
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


def as_text(value: Any) -> str:
    """Gives a target or prediction as text; several of them joined.

    Example: as_text(["a cat", "one cat"]) gives "a cat | one cat".
    """
    if isinstance(value, list):
        return " | ".join(map(str, value))
    return str(value)


def is_same(one: str, other: str) -> bool:
    """Whether two texts are equal, case and spaces aside."""
    return _folded(one) == _folded(other)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
