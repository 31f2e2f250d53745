"""Scores beside their blind control, ready to be shown."""

import dataclasses
import re
from collections.abc import Iterable

from markupsafe import Markup

from pali_tf.reporting.run_record import TaskRecord

# "cider/en": one metric of one language; "cider/in-domain" is a group's.
_LANGUAGE = re.compile(r"^(?P<metric>.+)/(?P<language>[a-z]{2,3}(-\w{2,4})?)$")
_BLIND = "blind/"
_LOWER_IS_BETTER = re.compile(r"error|loss|perplexity|distance")
_WIDTH, _HEIGHT, _MARGIN = 280, 18, 7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Score:
    """One number of one task; `blind` is None where there is no control."""

    task: str
    metric: str
    value: float
    blind: float | None

    @property
    def lower_is_better(self) -> bool:
        """Whether a small value is the good one."""
        return _LOWER_IS_BETTER.search(self.metric) is not None

    @property
    def gain(self) -> float | None:
        """How far the image helps: above 0 is better than blind."""
        if self.blind is None:
            return None
        difference = self.value - self.blind
        return -difference if self.lower_is_better else difference


@dataclasses.dataclass(frozen=True, kw_only=True)
class LanguageTable:
    """A metric of a task, language by language."""

    task: str
    metric: str
    scores: dict[str, Score]


def overall_scores(tasks: Iterable[TaskRecord]) -> dict[str, list[Score]]:
    """Gives each task's scores, those of single languages left out."""
    return {
        task.name: [
            score
            for score in _scores(task)
            if not _LANGUAGE.match(score.metric)
        ]
        for task in tasks
    }


def language_tables(tasks: Iterable[TaskRecord]) -> list[LanguageTable]:
    """Gives a table for each metric that a task has by language."""
    tables: dict[tuple[str, str], dict[str, Score]] = {}
    for task in tasks:
        for score in _scores(task):
            if match := _LANGUAGE.match(score.metric):
                key = (task.name, match["metric"])
                tables.setdefault(key, {})[match["language"]] = score
    return [
        LanguageTable(task=task, metric=metric, scores=scores)
        for (task, metric), scores in tables.items()
    ]


def better_than_blind(scores: dict[str, list[Score]]) -> tuple[int, int]:
    """Counts tasks whose first controlled score beats blind, and all such."""
    gains = []
    for rows in scores.values():
        controlled = [s.gain for s in rows if s.gain is not None]
        gains += controlled[:1]
    return sum(gain > 0 for gain in gains), len(gains)


def dumbbell(score: Score) -> Markup:
    """Draws blind (hollow) and with its image (solid) on one scale.

    The scale is [0, 1], or up to the larger value where that is beyond 1.
    """
    top = max(1.0, score.value, score.blind or 0.0)

    def x(value: float) -> float:
        share = max(0.0, value) / top
        return _MARGIN + share * (_WIDTH - 2 * _MARGIN)

    middle = _HEIGHT / 2
    parts = [
        f'<svg class="dumbbell" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" aria-hidden="true">'
        f'<line class="grid" x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" '
        f'y1="{middle}" y2="{middle}"/>'
    ]
    if score.blind is not None:
        kind = "gain" if (score.gain or 0) > 0 else "loss"
        parts.append(
            f'<line class="{kind}" x1="{x(score.blind):.1f}" '
            f'x2="{x(score.value):.1f}" y1="{middle}" y2="{middle}"/>'
            f'<circle class="blind" cx="{x(score.blind):.1f}" '
            f'cy="{middle}" r="4.5"/>'
        )
    parts.append(
        f'<circle class="seen" cx="{x(score.value):.1f}" '
        f'cy="{middle}" r="5"/></svg>'
    )
    return Markup("".join(parts))


def _scores(task: TaskRecord) -> Iterable[Score]:
    for metric, value in task.scores.items():
        if not metric.startswith(_BLIND):
            yield Score(
                task=task.name,
                metric=metric,
                value=value,
                blind=task.scores.get(_BLIND + metric),
            )
