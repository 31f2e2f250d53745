"""Boxes as text, in Python: what objects.format_boxes is held to."""

from collections.abc import Iterable

from pali_tf.data.boxes import MAX_COORDINATE, LabelledBox


def quantize(coordinate: float) -> int:
    """Returns a fraction in [0, 1] as the nearest of 0, 1, ..., 999."""
    return min(max(round(coordinate * MAX_COORDINATE), 0), MAX_COORDINATE)


def format_boxes(boxes: Iterable[LabelledBox]) -> str:
    """Writes boxes as a detection target, in their order."""
    return " ".join(
        f"{quantize(box.ymin)} {quantize(box.xmin)} "
        f"{quantize(box.ymax)} {quantize(box.xmax)} {box.label}"
        for box in boxes
    )
