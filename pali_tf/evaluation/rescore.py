"""Scores from a file of predictions, without the model that made them.

A line is one example. Of those that an evaluation writes, these are read; the
first two are needed, and without `references` the task's stored examples are
asked for them:

| key               | content                                               |
|-------------------|-------------------------------------------------------|
| example_id        | names the example                                     |
| prediction        | a text, or texts in order of likelihood               |
| score             | its log-probability, for detection                    |
| blind_prediction, blind_score | the same of the blind control             |
| references        | all right texts                                       |
| language, form, group, boxes | of the example, as in `Target`             |
"""

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import seqio
from absl import logging
from etils.epath import Path

from pali_tf import json_files
from pali_tf.data.boxes import LabelledBox
from pali_tf.errors import UserError
from pali_tf.evaluation.score_table import BLIND
from pali_tf.evaluation.seqio_metrics import Target, compute_scores

_NAMES_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Rescored:
    """Scores, and how many of the task's examples had no prediction."""

    scores: dict[str, float]
    num_examples: int
    num_missing: int


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Reads a file of predictions.

    Raises:
        UserError: it is not there or empty, or a line is not JSON or lacks a
            key; the message has the line's number.
    """
    lines = list(json_files.read_lines(path, ("example_id", "prediction")))
    if not lines:
        raise UserError(f"{path} has no predictions.")
    return lines


def have_references(lines: Sequence[Mapping[str, Any]]) -> bool:
    """Tells whether the lines hold what is right.

    Raises:
        UserError: only some do.
    """
    count = sum("references" in line for line in lines)
    if 0 < count < len(lines):
        raise UserError(
            f'{count} of {len(lines)} predictions have "references"; either '
            "all have them or none."
        )
    return count > 0


def score_lines(
    task: seqio.Task, lines: Sequence[Mapping[str, Any]]
) -> Rescored:
    """Scores predictions that come with their references."""
    targets = [_target(line) for line in lines]
    return Rescored(_scores(task, targets, lines), len(lines), 0)


def score_with_targets(
    task: seqio.Task,
    lines: Sequence[Mapping[str, Any]],
    targets: Iterable[Target],
    *,
    allow_missing: bool = False,
) -> Rescored:
    """Scores predictions, matched by their ids with all targets of a split.

    Raises:
        UserError: ids of the file that come twice, that the task does not
            have or, unless allowed, that have no prediction; the message has
            their number and names some.
    """
    said = {str(line["example_id"]): line for line in lines}
    _refuse(
        "predictions come more than once",
        _repeated(str(line["example_id"]) for line in lines),
    )
    targets = list(targets)
    ids = [target.example_id for target in targets]
    _refuse(f"examples of {task.name} share an id", _repeated(ids))
    _refuse(f"predictions are of no example of {task.name}", said.keys() - ids)
    missing = set(ids) - said.keys()
    if not allow_missing:
        _refuse(
            "examples have no prediction (--allow_missing scores the others)",
            missing,
        )
    found = [target for target in targets if target.example_id in said]
    rows = [said[target.example_id] for target in found]
    return Rescored(_scores(task, found, rows), len(found), len(missing))


def _scores(
    task: seqio.Task,
    targets: Sequence[Target],
    lines: Sequence[Mapping[str, Any]],
) -> dict[str, float]:
    scores = {}
    for prefix, name, likelihood in (
        ("", "prediction", "score"),
        (BLIND, "blind_prediction", "blind_score"),
    ):
        if not all(name in line for line in lines):
            continue
        predictions = [line[name] for line in lines]
        known = all(likelihood in line for line in lines)
        if prefix and task.predict_with_aux_metric_fns and not known:
            logging.warning(
                "The blind control is not scored: not every line has "
                "a blind_score."
            )
            continue
        found = compute_scores(
            task,
            targets,
            predictions,
            [float(line[likelihood]) for line in lines] if known else None,
        )
        scores |= {f"{prefix}{key}": value for key, value in found.items()}
    return scores


def _target(line: Mapping[str, Any]) -> Target:
    return Target(
        references=tuple(line["references"]),
        boxes=tuple(LabelledBox(*box) for box in line.get("boxes", ())),
        **{
            name: str(line.get(name, ""))
            for name in ("language", "form", "group", "example_id")
        },
    )


def _repeated(names: Iterable[str]) -> list[str]:
    counts = collections.Counter(names)
    return [name for name, count in counts.items() if count > 1]


def _refuse(what: str, names: Iterable[str]) -> None:
    names = sorted(names)
    if names:
        shown = ", ".join(map(repr, names[:_NAMES_SHOWN]))
        more = ", ..." if len(names) > _NAMES_SHOWN else ""
        raise UserError(f"{len(names)} {what}: {shown}{more}.")
