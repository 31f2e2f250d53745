"""The charts of a run, or of several over each other, from metric lines."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pali_tf.reporting import task_titles
from pali_tf.reporting.plot import Series, line_chart
from pali_tf.reporting.utilization import Utilization

Lines = Sequence[Mapping[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curve:
    """A number of a run's lines, and how it is drawn."""

    key: str
    title: str
    from_zero: bool = True
    is_exact: bool = False


LOSS = Curve(key="loss", title="Loss (nats a token)", from_zero=False)
VALIDATION_LOSS = Curve(
    key="loss", title="Validation loss (nats a token)", from_zero=False
)
CURVES = (
    Curve(key="learning_rate", title="Learning rate", is_exact=True),
    Curve(key="gradient_norm", title="Gradient norm, before clipping"),
    Curve(key="images_per_second", title="Speed (images a second)"),
    Curve(key="tokens_per_second", title="Speed (tokens a second)"),
    Curve(key="steps_per_second", title="Speed (steps a second)"),
)
_PHASES = {
    "main": "main",
    "resize": "cool-down, plain",
    "crop": "cool-down, crops",
}


def draw(curve: Curve, runs: Mapping[str, Lines]) -> Markup:
    """Draws one number of several runs; the page names their colours."""
    return line_chart(
        [series_of(lines, curve.key, name) for name, lines in runs.items()],
        title=curve.title,
        from_zero=curve.from_zero,
        is_exact=curve.is_exact,
    )


def draw_known(runs: Mapping[str, Lines]) -> list[Markup]:
    """Draws the rates and speeds that at least one of the runs logged."""
    return [
        draw(curve, runs)
        for curve in CURVES
        if any(curve.key in line for lines in runs.values() for line in lines)
    ]


def draw_utilization(runs: Mapping[str, Utilization]) -> list[Markup]:
    """Draws the MFU, if one of the runs has it."""
    series = [
        Series(label=name, xs=found.steps, ys=found.shares)
        for name, found in runs.items()
    ]
    if not any(line.xs for line in series):
        return []
    title = "MFU (share of the peak)"
    return [line_chart(series, title=title, from_zero=True)]


def _draw_small(title: str, series: list[Series]) -> Markup:
    return line_chart(
        series, title=title, width=250, height=160, from_zero=True
    )


def draw_tasks(
    runs: Mapping[str, Lines],
    kind: str,
    validation: Mapping[str, Mapping[str, Lines]] | None = None,
) -> list[Markup]:
    """Draws one small chart a task.

    Args:
        runs: name -> the lines of its training.
        kind: "loss" or "accuracy": the keys are `<kind>/<task>`.
        validation: name -> task -> the lines of its validation, drawn in the
            colours after those of `runs`.
    """
    prefix = f"{kind}/"
    validation = validation or {}
    names = {
        key.removeprefix(prefix)
        for lines in runs.values()
        for line in lines
        for key in line
        if key.startswith(prefix)
    } | {task for by_task in validation.values() for task in by_task if task}
    return [
        line_chart(
            [
                *(
                    series_of(x, prefix + task, name)
                    for name, x in runs.items()
                ),
                *(
                    series_of(by_task.get(task, ()), kind, name)
                    for name, by_task in validation.items()
                ),
            ],
            title=task_titles.title(task),
            width=250,
            height=160,
            from_zero=True,
        )
        for task in task_titles.in_order(list(names))
    ]


def draw_vision(lines: Lines) -> tuple[list[str], Markup]:
    """Draws the loss of the ViT's own pre-training; names the phases too."""
    by_phase: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        phase = str(line.get("phase", "main"))
        by_phase.setdefault(_PHASES.get(phase, phase), []).append(line)
    chart = line_chart(
        [series_of(some, "loss", phase) for phase, some in by_phase.items()],
        title="ViT loss (sigmoid)",
        width=560,
        height=220,
    )
    return list(by_phase), chart


def score_charts(history: Lines) -> list[Markup]:
    """Draws the scores of a task over its evaluations, those blind beside.

    Scores of single languages are left out.
    """
    keys = {
        key: None
        for line in history
        for key, value in line.items()
        if isinstance(value, int | float)
        and key != "step"
        and "/" not in key.removeprefix("blind/")
    }
    return [
        line_chart(
            [
                series_of(history, key, "with its image"),
                series_of(history, f"blind/{key}", "blind"),
            ],
            title=key.replace("_", " "),
            width=250,
            height=160,
            from_zero=True,
        )
        for key in keys
        if not key.startswith("blind/")
    ]


def series_of(lines: Lines, key: str, label: str) -> Series:
    """Gives the points of one number; lines without it are left out."""
    points = [
        (line["step"], line[key])
        for line in lines
        if isinstance(line.get(key), int | float)
    ]
    return Series(
        label=label,
        xs=[x for x, _ in points],
        ys=[y for _, y in points],
    )
