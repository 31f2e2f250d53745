"""The metrics in the form SeqIO's tasks take them.

A task's `postprocess_fn` is `make_target`; its `metric_fns` are the functions
below: (targets, predictions) -> {name: value}, and with the model's scores for
detection.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pali_tf.data.boxes import LabelledBox, parse_boxes
from pali_tf.evaluation import caption_scores
from pali_tf.evaluation.by_language import by_language
from pali_tf.evaluation.character_error_rate import character_error_rate
from pali_tf.evaluation.detection_ap import detection_ap50
from pali_tf.evaluation.exact_match import exact_match
from pali_tf.evaluation.token_accuracy import token_accuracy
from pali_tf.evaluation.vqa_accuracy import vqa_accuracy

Scores = dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """What is right for an example.

    Attributes:
        references: all right texts.
        language: code of the target's language; "" if it has none.
        form: of an object-aware question; "" for others.
        boxes: of a detection example.
    """

    references: tuple[str, ...]
    language: str = ""
    form: str = ""
    boxes: tuple[LabelledBox, ...] = ()


def make_target(
    decoded: str,
    example: Mapping[str, Any] | None = None,
    is_target: bool = False,
) -> Target | str:
    """Postprocesses for SeqIO: predictions stay text, targets get a Target.

    Args:
        decoded: the text.
        example: the example as numpy, with the fields that its task kept.
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
    return Target(
        references=tuple(
            text.decode() for text in example.get("references", ())
        )
        or (decoded,),
        language=example.get("language", b"").decode(),
        form=example.get("form", b"").decode(),
        boxes=boxes,
    )


def exact_match_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Exact match over all examples."""
    return {"exact_match": exact_match(_references(targets), predictions)}


def exact_match_by_form(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Exact match of each form of object-aware question."""
    scores = {}
    for form in sorted({target.form for target in targets}):
        rows = [i for i, target in enumerate(targets) if target.form == form]
        scores[f"exact_match/{form}"] = exact_match(
            [targets[i].references for i in rows],
            [predictions[i] for i in rows],
        )
    return scores


def vqa_accuracy_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """VQA accuracy, by language of the question and their mean."""
    return by_language(
        "vqa_accuracy",
        _references(targets),
        predictions,
        _languages(targets),
        lambda references, said, _: vqa_accuracy(references, said),
    )


def cider_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """CIDEr by language and their mean."""
    return caption_scores.cider(
        _references(targets), predictions, _languages(targets)
    )


def bleu_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """BLEU-4 by language and their mean."""
    return caption_scores.bleu(
        _references(targets), predictions, _languages(targets)
    )


def character_error_rate_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Character error rate over all examples."""
    return {
        "character_error_rate": character_error_rate(
            [target.references[0] for target in targets], predictions
        )
    }


def token_accuracy_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Token accuracy over all examples."""
    return {
        "token_accuracy": token_accuracy(
            [target.references[0] for target in targets], predictions
        )
    }


def detection_ap50_metric(
    targets: Sequence[Target],
    predictions: Sequence[str],
    aux_values: Mapping[str, Sequence[float]],
) -> Scores:
    """AP50, the model's mean log-probability of a box its confidence."""
    found = [parse_boxes(text) for text in predictions]
    confidences = [
        math.exp(float(np.asarray(score)) / max(len(boxes), 1))
        for score, boxes in zip(aux_values["scores"], found, strict=True)
    ]
    return {
        "ap50": detection_ap50(
            [target.boxes for target in targets], found, confidences
        )
    }


def _references(targets: Sequence[Target]) -> list[tuple[str, ...]]:
    return [target.references for target in targets]


def _languages(targets: Sequence[Target]) -> list[str]:
    return [target.language for target in targets]
