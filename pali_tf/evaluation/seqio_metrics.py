"""The metrics in the form SeqIO's tasks take them.

A task's `postprocess_fn` is `make_target`; its `metric_fns` are the functions
below: (targets, predictions) -> {name: value}, and with the model's scores for
detection.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from absl import logging

from pali_tf.data.boxes import parse_boxes
from pali_tf.evaluation import anls, caption_scores, squad
from pali_tf.evaluation.by_language import by_language
from pali_tf.evaluation.character_error_rate import character_error_rate
from pali_tf.evaluation.detection_ap import detection_ap
from pali_tf.evaluation.exact_match import exact_match
from pali_tf.evaluation.targets import Target as Target
from pali_tf.evaluation.targets import make_target as make_target
from pali_tf.evaluation.token_accuracy import token_accuracy
from pali_tf.evaluation.top_k import top_k
from pali_tf.evaluation.vqa_accuracy import vqa_accuracy

Scores = dict[str, float]
Metric = Callable[[Sequence[Target], Sequence[str]], Scores]


def by_group(metric: Metric) -> Metric:
    """Makes the metric that is also given of each group by itself.

    Example: by_group(cider_metric) gives {"cider": ..., "cider/en": ...,
    "cider/in-domain": ..., "cider/near-domain": ...}.

    Args:
        metric: of (targets, predictions).
    """

    @functools.wraps(metric)
    def compute(
        targets: Sequence[Target], predictions: Sequence[str]
    ) -> Scores:
        scores = metric(targets, predictions)
        for group in sorted({t.group for t in targets if t.group}):
            rows = [i for i, t in enumerate(targets) if t.group == group]
            found = metric(
                [targets[i] for i in rows], [predictions[i] for i in rows]
            )
            # A language's score in a group would be one number too many.
            scores |= {
                f"{name}/{group}": value
                for name, value in found.items()
                if "/" not in name
            }
        return scores

    return compute


def exact_match_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Exact match over all examples."""
    return {"exact_match": exact_match(_references(targets), predictions)}


def exact_match_by_language(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Exact match by language of the question and their mean."""
    return by_language(
        "exact_match",
        _references(targets),
        predictions,
        _languages(targets),
        lambda references, said, _: exact_match(references, said),
    )


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


def anls_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """ANLS over all examples."""
    return {"anls": anls.anls(_references(targets), predictions)}


def squad_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """SQuAD's F1 and exact match, of XQuAD and TyDiQA in every language."""
    f1, exact = squad.f1_and_exact_match(
        _references(targets), predictions, _languages(targets)
    )
    return {"squad_f1": f1, "squad_em": exact}


def mlqa_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """F1 and exact match by MLQA's rule, with each language's articles."""
    f1, exact = squad.f1_and_exact_match(
        _references(targets),
        predictions,
        _languages(targets),
        squad.mlqa_words,
    )
    return {"mlqa_f1": f1, "mlqa_em": exact}


def top_1_metric(
    targets: Sequence[Target], predictions: Sequence[str | Sequence[str]]
) -> Scores:
    """Top-1 accuracy; a prediction is a class, or all in order."""
    return {"top_1": top_k(_references(targets), predictions, 1)}


def top_5_metric(
    targets: Sequence[Target], predictions: Sequence[str | Sequence[str]]
) -> Scores:
    """Top-5 accuracy; a prediction is at least five classes, in order.

    Nothing where all predictions rank fewer than five: there are no more.
    """
    if all(not isinstance(p, str) and len(p) < 5 for p in predictions):
        logging.warning("There are fewer than five classes: no top-5 accuracy.")
        return {}
    return {"top_5": top_k(_references(targets), predictions, 5)}


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


def rouge_l_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """ROUGE-L by language and their mean."""
    return caption_scores.rouge_l(
        _references(targets), predictions, _languages(targets)
    )


def meteor_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """METEOR of the English examples; nothing where there is no Java."""
    return caption_scores.meteor(
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


def detection_ap_metric(
    targets: Sequence[Target],
    predictions: Sequence[str],
    aux_values: Mapping[str, Sequence[float]],
) -> Scores:
    """AP and AP50, the model's mean log-probability of a box its confidence."""
    found = [parse_boxes(text) for text in predictions]
    confidences = [
        math.exp(float(np.asarray(score)) / max(len(boxes), 1))
        for score, boxes in zip(aux_values["scores"], found, strict=True)
    ]
    ap, ap50 = detection_ap(
        [target.boxes for target in targets], found, confidences
    )
    return {"ap": ap, "ap50": ap50}


def detection_ap50_metric(
    targets: Sequence[Target],
    predictions: Sequence[str],
    aux_values: Mapping[str, Sequence[float]],
) -> Scores:
    """AP50 alone, as `detection_ap_metric` has it."""
    scores = detection_ap_metric(targets, predictions, aux_values)
    return {"ap50": scores["ap50"]}


def _references(targets: Sequence[Target]) -> list[tuple[str, ...]]:
    return [target.references for target in targets]


def _languages(targets: Sequence[Target]) -> list[str]:
    return [target.language for target in targets]
