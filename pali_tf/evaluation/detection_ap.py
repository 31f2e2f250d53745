"""Average precision of boxes, as COCO counts it."""

from collections.abc import Sequence
from typing import Any

from faster_coco_eval import COCO, COCOeval_faster

from pali_tf.data.boxes import LabelledBox
from pali_tf.errors import UserError

# COCO's boxes are in pixels; any scale gives the same overlap.
_SIDE_PIXELS = 1000
# Their places among COCO's twelve numbers.
_AP, _AP50 = 0, 1


def detection_ap(
    references: Sequence[Sequence[LabelledBox]],
    predictions: Sequence[Sequence[LabelledBox]],
    scores: Sequence[float],
) -> tuple[float, float]:
    """Returns average precisions in [0, 1], mean over labels.

    A label that no reference has is left out, as COCO does.

    Args:
        references: N lists of the boxes that are there.
        predictions: N lists of the boxes that were said to be.
        scores: N numbers: how sure the model is of a list; all boxes of a list
            have its score.

    Returns:
        (AP, the mean over overlaps (IoU) of 0.5, 0.55, ..., 0.95; AP at 0.5).
        Both are 0 where nothing was predicted.
    """
    labels = sorted({box.label for boxes in references for box in boxes})
    if not labels:
        raise UserError("No example has a box: AP has no meaning.")
    category = {label: index + 1 for index, label in enumerate(labels)}
    truth = {
        "info": {},
        "images": [
            {"id": image, "width": _SIDE_PIXELS, "height": _SIDE_PIXELS}
            for image in range(len(references))
        ],
        "categories": [{"id": i, "name": name} for name, i in category.items()],
        "annotations": _annotations(references, category),
    }
    found = _annotations(predictions, category)
    if not found:
        return 0.0, 0.0
    for row in found:
        row["score"] = float(scores[row["image_id"]])
    gold = COCO(truth)
    evaluation = COCOeval_faster(gold, gold.loadRes(found), iouType="bbox")
    evaluation.run()
    return float(evaluation.stats[_AP]), float(evaluation.stats[_AP50])


def _annotations(
    boxes_of_images: Sequence[Sequence[LabelledBox]], category: dict[str, int]
) -> list[dict[str, Any]]:
    rows = []
    for image, boxes in enumerate(boxes_of_images):
        for box in boxes:
            if box.label not in category:
                continue
            width = (box.xmax - box.xmin) * _SIDE_PIXELS
            height = (box.ymax - box.ymin) * _SIDE_PIXELS
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": image,
                    "category_id": category[box.label],
                    "bbox": [
                        box.xmin * _SIDE_PIXELS,
                        box.ymin * _SIDE_PIXELS,
                        width,
                        height,
                    ],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    return rows
