"""What is right for an example, and the metrics, as SeqIO's tasks take them.

A task's `postprocess_fn` is `make_target`; its `metric_fns` are the functions
below: (targets, predictions) -> {name: value}, and with the model's scores for
detection. `compute_scores` runs them, whether the model is at hand or only a
file of what it said.
"""

import dataclasses
import functools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import seqio
from absl import logging

from pali_tf.data.boxes import LabelledBox, parse_boxes
from pali_tf.errors import UserError
from pali_tf.evaluation import caption_scores, squad, text_metrics
from pali_tf.evaluation.detection_ap import detection_ap
from pali_tf.evaluation.vqa_accuracy import vqa_accuracy


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


def target_of(task: seqio.Task, fields: Mapping[str, Any]) -> Target:
    """Gives what is right for an example of a task, its fields as numpy."""
    vocabulary = task.output_features["targets"].vocabulary
    decoded = vocabulary.decode(fields["targets"].tolist())
    return task.postprocess_fn(decoded, example=fields, is_target=True)


Scores = dict[str, float]
Metric = Callable[[Sequence[Target], Sequence[str]], Scores]
_Texts = Sequence[Sequence[str]]


def by_group(metric: Metric) -> Metric:
    """Makes the metric that is also given of each group by itself.

    Example: by_group(cider_metric) gives {"cider": ..., "cider/en": ...,
    "cider/in-domain": ..., "cider/near-domain": ...}.
    """

    @functools.wraps(metric)
    def compute(
        targets: Sequence[Target], predictions: Sequence[str]
    ) -> Scores:
        scores = metric(targets, predictions)
        for group in sorted({t.group for t in targets if t.group}):
            rows = _rows(targets, "group", group)
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


def _overall(
    name: str, value_of: Callable[[_Texts, Sequence[str]], float]
) -> Metric:
    """Makes the metric of (references, predictions) over all examples."""

    def compute(
        targets: Sequence[Target], predictions: Sequence[str]
    ) -> Scores:
        return {name: value_of(_references(targets), predictions)}

    compute.__name__ = f"{name}_metric"
    return compute


def _by_language(
    name: str, value_of: Callable[[_Texts, Sequence[str], str], float]
) -> Metric:
    """Makes the metric by language of the target, and their mean.

    It is {name: mean over languages, "<name>/en": ..., ...}, in order of code,
    from (references, predictions, language) of each.
    """

    def compute(
        targets: Sequence[Target], predictions: Sequence[str]
    ) -> Scores:
        scores = {}
        for language in sorted({target.language for target in targets}):
            rows = _rows(targets, "language", language)
            scores[f"{name}/{language}"] = value_of(
                [targets[i].references for i in rows],
                [predictions[i] for i in rows],
                language,
            )
        return {name: statistics.fmean(scores.values()), **scores}

    compute.__name__ = f"{name}_metric"
    return compute


def _f1_and_exact_match(name: str, words: squad.Words) -> Metric:
    """Makes the metric of answers cut from a text, split by a rule."""

    def compute(
        targets: Sequence[Target], predictions: Sequence[str]
    ) -> Scores:
        languages = [target.language for target in targets]
        f1, exact = squad.f1_and_exact_match(
            _references(targets), predictions, languages, words
        )
        return {f"{name}_f1": f1, f"{name}_em": exact}

    compute.__name__ = f"{name}_metric"
    return compute


exact_match_metric = _overall("exact_match", text_metrics.exact_match)
exact_match_by_language = _by_language(
    "exact_match",
    lambda references, said, _: text_metrics.exact_match(references, said),
)
vqa_accuracy_metric = _by_language(
    "vqa_accuracy", lambda references, said, _: vqa_accuracy(references, said)
)
# Of XQuAD and TyDiQA in every language.
squad_metric = _f1_and_exact_match("squad", squad.squad_words)
# With the articles of each language.
mlqa_metric = _f1_and_exact_match("mlqa", squad.mlqa_words)
anls_metric = _overall("anls", text_metrics.anls)
character_error_rate_metric = _overall(
    "character_error_rate", text_metrics.character_error_rate
)
token_accuracy_metric = _overall("token_accuracy", text_metrics.token_accuracy)
cider_metric = _by_language("cider", caption_scores.cider)
bleu_metric = _by_language("bleu", caption_scores.bleu)
rouge_l_metric = _by_language("rouge_l", caption_scores.rouge_l)


def meteor_metric(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """METEOR of the English examples; nothing where there is no Java."""
    rows = [i for i, t in enumerate(targets) if t.language in ("en", "")]
    if not rows or not caption_scores.has_java():
        return {}
    references = [targets[i].references for i in rows]
    said = [predictions[i] for i in rows]
    return {"meteor": caption_scores.meteor(references, said)}


def exact_match_by_form(
    targets: Sequence[Target], predictions: Sequence[str]
) -> Scores:
    """Exact match of each form of object-aware question."""
    scores = {}
    for form in sorted({target.form for target in targets}):
        rows = _rows(targets, "form", form)
        scores[f"exact_match/{form}"] = text_metrics.exact_match(
            [targets[i].references for i in rows],
            [predictions[i] for i in rows],
        )
    return scores


def top_1_metric(
    targets: Sequence[Target], predictions: Sequence[str | Sequence[str]]
) -> Scores:
    """Top-1 accuracy; a prediction is a class, or all in order."""
    return {"top_1": text_metrics.top_k(_references(targets), predictions, 1)}


def top_5_metric(
    targets: Sequence[Target], predictions: Sequence[str | Sequence[str]]
) -> Scores:
    """Top-5 accuracy; a prediction is at least five classes, in order.

    Nothing where all predictions rank fewer than five: there are no more.
    """
    if all(not isinstance(p, str) and len(p) < 5 for p in predictions):
        logging.warning("There are fewer than five classes: no top-5 accuracy.")
        return {}
    return {"top_5": text_metrics.top_k(_references(targets), predictions, 5)}


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


def compute_scores(
    task: seqio.Task,
    targets: Sequence[Target],
    predictions: Sequence[Any],
    log_probabilities: Sequence[float] | None,
) -> dict[str, float]:
    """Computes every metric of a task.

    Examples without a reference, as in a test set whose answers are kept on a
    server, have no score: they are left out and counted in the log.

    Args:
        task: with metrics of this module.
        targets: N.
        predictions: N texts, or N lists of texts in order of likelihood.
        log_probabilities: N sums; None: not known, which only detection minds.

    Returns:
        {metric: value}; nothing where no example has a reference.

    Raises:
        UserError: a metric needs log-probabilities, and there are none.
    """
    rows = [i for i, target in enumerate(targets) if target.references]
    if len(rows) < len(targets):
        logging.warning(
            "%s: %d of %d examples have no references and are not scored.",
            task.name,
            len(targets) - len(rows),
            len(targets),
        )
    if not rows:
        return {}
    targets = [targets[i] for i in rows]
    predictions = [predictions[i] for i in rows]
    scores: dict[str, float] = {}
    for metric in task.predict_metric_fns:
        scores |= metric(targets, predictions)
    for metric in task.predict_with_aux_metric_fns:
        if log_probabilities is None:
            raise UserError(
                f"A metric of {task.name} ranks predictions by log-probability:"
                ' each needs a "score".'
            )
        kept = [log_probabilities[i] for i in rows]
        scores |= metric(targets, predictions, {"scores": kept})
    return scores


def _references(targets: Sequence[Target]) -> list[tuple[str, ...]]:
    return [target.references for target in targets]


def _rows(targets: Sequence[Target], field: str, value: str) -> list[int]:
    return [i for i, t in enumerate(targets) if getattr(t, field) == value]
