"""What is right for an example, as the metrics take it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from pali_tf.data.boxes import LabelledBox


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """What is right for an example.

    Attributes:
        references: all right texts; none where a test set keeps its own.
        language: code of the target's language; "" if it has none.
        form: of an object-aware question; "" for others.
        group: a part of the data set that is scored by itself as well, such
            as a domain of NoCaps; "" if it has none.
        example_id: names the example in a file of predictions.
        boxes: of a detection example.
    """

    references: tuple[str, ...]
    language: str = ""
    form: str = ""
    group: str = ""
    example_id: str = ""
    boxes: tuple[LabelledBox, ...] = ()


def make_target(
    decoded: str,
    example: Mapping[str, Any] | None = None,
    is_target: bool = False,
) -> Target | str:
    """Postprocesses for SeqIO: predictions stay text, targets get a Target.

    Args:
        decoded: the text.
        example: the example as numpy, with the fields that its task kept. If
            it has no field "references", the decoded text is the one.
        is_target: whether `decoded` is the target.
    """
    if not is_target:
        return decoded
    example = example or {}
    boxes = ()
    if "boxes" in example:
        boxes = tuple(
            LabelledBox(*map(float, sides), label=label.decode())
            for sides, label in zip(
                example["boxes"], example["labels"], strict=True
            )
        )
    references = (decoded,)
    if "references" in example:
        references = tuple(text.decode() for text in example["references"])
    return Target(
        references=references,
        **{
            name: example.get(name, b"").decode()
            for name in ("language", "form", "group", "example_id")
        },
        boxes=boxes,
    )
