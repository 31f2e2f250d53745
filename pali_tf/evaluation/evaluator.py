"""Scores a task, with its images and with those of other examples.

The second, blind score says how far the text alone, or any picture of the same
world, would get: what the image is worth is the difference.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import seqio
from absl import logging

from pali_tf.data.data_root import vocabulary_sha256
from pali_tf.errors import UserError
from pali_tf.evaluation import class_ranking, prediction_files
from pali_tf.evaluation.eval_examples import Batch, EvalExamples, Share
from pali_tf.evaluation.score_table import BLIND
from pali_tf.evaluation.seqio_metrics import Target, compute_scores, target_of

# Decodes a batch: B texts and B sums of log-probabilities. A batch has
# `batch_size` rows, of several processes each one's own, so a compiled function
# compiles once.
PredictFn = Callable[[Batch], tuple[Sequence[Any], Sequence[float]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Predictions:
    """What a model said of N examples.

    Attributes:
        fields: N dicts of what the task kept of an example, without pixels.
        texts: N texts; where classes are ranked, N lists of names.
        scores: N sums of log-probabilities.
    """

    fields: list[dict[str, Any]]
    texts: list[Any]
    scores: list[float]


def evaluate_mixture(
    mixture: seqio.Mixture | seqio.Task, predict_fn: PredictFn, **kwargs: Any
) -> dict[str, dict[str, float]]:
    """Evaluates each task of a mixture; gives {task name: scores}."""
    return {
        task.name: evaluate_task(task, predict_fn, **kwargs)
        for task in seqio.get_subtasks(mixture)
    }


def evaluate_task(
    task: seqio.Task,
    predict_fn: PredictFn,
    *,
    feature_lengths: Mapping[str, int],
    rank_fn: class_ranking.RankFn | None = None,
    split: str = "test",
    batch_size: int = 32,
    num_examples: int | None = None,
    seed: int = 0,
    blind: bool = True,
    output_dir: str | os.PathLike[str] | None = None,
    step: int = 0,
    fill_up: bool = True,
    made_by: Mapping[str, Any] | None = None,
    share: Share = Share(),
) -> dict[str, float]:
    """Decodes a split of a task and computes the task's metrics.

    Args:
        task: with `seqio_metrics.make_target` as its postprocessor.
        predict_fn: batch of model features -> (texts, scores).
        feature_lengths: "inputs", "targets" and "images", or "visual_tokens".
        rank_fn: answers in place of `predict_fn` where a task is to rank the
            classes of its split; None: such a task is refused.
        split: "test".
        batch_size: B.
        num_examples: only the first so many; None: all.
        seed: of what the task draws at random.
        blind: whether to score a second time, each example with the image of
            the example half the split away, never its own. A task without
            images has no such score.
        output_dir: the run's MODEL_DIR, for `prediction_files`; None: nothing
            is written.
        step: of training.
        fill_up: whether the last batch is filled up to B rows, with its last
            example; else it has the rows that are left.
        made_by: what is to be told of the model beside the scores, such as
            {"checkpoint": path, "decoding": settings}.
        share: of several processes: which rows of a batch this one reads.

    Returns:
        {metric: value, "blind/<metric>": value}; nothing where no example has a
        reference, as those of some test splits: they are predicted only.

    Raises:
        UserError: the split has no example of the task, or a single one and a
            blind score is asked for, or there is no `rank_fn` for a task that
            needs it.
    """
    is_ranked = class_ranking.is_ranked(task)
    if is_ranked:
        predict_fn = _ranking(task, rank_fn, split)
    examples = EvalExamples(
        task,
        feature_lengths=feature_lengths,
        split=split,
        batch_size=batch_size,
        seed=seed,
        limit=num_examples,
        share=share,
        fill_up=fill_up,
    )
    own = _predict(predict_fn, examples)
    if not own.texts:
        raise UserError(f"{split} has no example of the task {task.name}.")
    _warn_of_truncated(task, own, feature_lengths["inputs"])
    targets = [target_of(task, fields) for fields in own.fields]
    scores = compute_scores(task, targets, own.texts, own.scores)
    swapped = None
    if blind and any(fields["image_mask"] for fields in own.fields):
        swapped = _predict(predict_fn, examples, _half(len(own.texts)))
        found = compute_scores(task, targets, swapped.texts, swapped.scores)
        scores |= {f"{BLIND}{name}": value for name, value in found.items()}
    if output_dir is not None:
        told = {"decoding": "ranks classes"} if is_ranked else {}
        prediction_files.write(
            output_dir,
            task.name,
            step,
            _lines(task, targets, own, swapped),
            scores,
            split=split,
            **{**(made_by or {}), **told},
            feature_lengths=dict(feature_lengths),
            seed=seed,
            vocabulary_sha256=vocabulary_sha256(task),
        )
    return scores


def _half(num_examples: int) -> int:
    """Gives how far away the image of another example is."""
    if num_examples < 2:
        raise UserError(
            "A blind score needs two examples at least, to swap their images; "
            f"there is {num_examples}."
        )
    return num_examples // 2


def _ranking(
    task: seqio.Task, rank_fn: class_ranking.RankFn | None, split: str
) -> Callable[[Batch], tuple[Sequence[Sequence[str]], Sequence[float]]]:
    """Returns what ranks the classes of the split for a batch."""
    if rank_fn is None:
        raise UserError(
            f"The task {task.name} ranks classes, which this evaluation does "
            "not: run `pali eval` on the checkpoint."
        )
    names = class_ranking.class_names(task, split)
    return lambda batch: rank_fn(batch, names)


def _predict(
    predict_fn: PredictFn, examples: EvalExamples, image_shift: int = 0
) -> Predictions:
    result = Predictions(fields=[], texts=[], scores=[])
    for batch, fields in examples.batches(image_shift):
        texts, scores = predict_fn(batch)
        result.fields.extend(fields)
        result.texts.extend(texts[: len(fields)])
        result.scores.extend(map(float, scores[: len(fields)]))
    return result


def _lines(
    task: seqio.Task,
    targets: Sequence[Target],
    own: Predictions,
    swapped: Predictions | None,
) -> list[dict[str, Any]]:
    """Returns the examples as they are written, without pixels."""
    vocabulary = task.output_features["inputs"].vocabulary
    lines = []
    for index, (target, fields) in enumerate(
        zip(targets, own.fields, strict=True)
    ):
        right = list(target.references)
        line = {
            **prediction_files.describe_example(fields, vocabulary),
            "target": right[0] if len(right) == 1 else right,
            "references": right,
            "prediction": own.texts[index],
            "score": own.scores[index],
        }
        if swapped is not None:
            line["blind_prediction"] = swapped.texts[index]
            line["blind_score"] = swapped.scores[index]
        for name in ("language", "form", "group"):
            if value := getattr(target, name):
                line[name] = value
        if "boxes" in fields:
            line["boxes"] = [dataclasses.astuple(b) for b in target.boxes]
        lines.append(line)
    return lines


def _warn_of_truncated(
    task: seqio.Task, predictions: Predictions, length: int
) -> None:
    count = sum(bool(f["is_truncated"]) for f in predictions.fields)
    if count:
        logging.warning(
            "%s: %d of %d prompts were over %d tokens and lost the end of "
            "their middle; a longer inputs length keeps them whole.",
            task.name,
            count,
            len(predictions.fields),
            length,
        )
