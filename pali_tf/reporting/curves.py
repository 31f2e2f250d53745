"""The charts of a run, made from its metric lines."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pali_tf.reporting import words
from pali_tf.reporting.plot import Series, line_chart

_PHASES = {
    "main": "main",
    "resize": "cool-down, plain",
    "crop": "cool-down, crops",
}


def training_charts(lines: Sequence[dict[str, Any]]) -> list[Markup]:
    """Draws the loss, the learning rate and the speed."""
    return [
        line_chart([_series(lines, "loss")], title="Loss (nats a token)"),
        line_chart(
            [_series(lines, "learning_rate")],
            title="Learning rate",
            from_zero=True,
            is_exact=True,
        ),
        line_chart(
            [_series(lines, "images_per_second")],
            title="Speed (images a second)",
            from_zero=True,
        ),
    ]


def task_charts(
    lines: Sequence[dict[str, Any]], kind: str, unit: str
) -> list[Markup]:
    """Draws one small chart a task.

    Args:
        lines: Of the training's metrics.
        kind: "loss" or "accuracy": the keys are `<kind>/<task>`.
        unit: Written after the task's title.
    """
    prefix = f"{kind}/"
    names = {
        key.removeprefix(prefix)
        for line in lines
        for key in line
        if key.startswith(prefix)
    }
    return [
        line_chart(
            [_series(lines, prefix + task)],
            title=f"{words.title(task)}{unit}",
            width=250,
            height=160,
            from_zero=True,
        )
        for task in words.in_order(list(names))
    ]


def vision_chart(lines: Sequence[dict[str, Any]]) -> Markup:
    """Draws the loss of the ViT's own pre-training, phase by phase."""
    phases = list(dict.fromkeys(line.get("phase", "main") for line in lines))
    return line_chart(
        [
            _series(
                [line for line in lines if line.get("phase", "main") == phase],
                "loss",
                label=_PHASES.get(phase, phase),
            )
            for phase in phases
        ],
        title="ViT loss (sigmoid)",
        width=560,
        height=220,
    )


def _series(
    lines: Sequence[dict[str, Any]], key: str, label: str | None = None
) -> Series:
    points = [
        (line["step"], line[key]) for line in lines if line.get(key) is not None
    ]
    return Series(
        label=label or key,
        xs=[x for x, _ in points],
        ys=[y for _, y in points],
    )
