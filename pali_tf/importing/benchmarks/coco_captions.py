"""Captions in COCO's layout, which NoCaps and VizWiz share."""

from collections.abc import Mapping
from typing import Any


def captions_by_image(content: Mapping[str, Any]) -> dict[Any, list[str]]:
    """Gathers {image id: captions}; images without any are left out.

    Captions that annotators rejected, or filled in by a button, are passed
    over, as VizWiz' own evaluation does.

    Args:
        content: {"annotations": [{"image_id", "caption", "is_rejected"?,
            "is_precanned"?}]}; a test split has no annotations.
    """
    found: dict[Any, list[str]] = {}
    for entry in content.get("annotations", ()):
        if entry.get("is_rejected") or entry.get("is_precanned"):
            continue
        found.setdefault(entry["image_id"], []).append(entry["caption"])
    return found
