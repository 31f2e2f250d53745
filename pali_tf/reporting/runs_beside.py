"""A run beside others: curves over each other, scores, and what differs."""

from collections.abc import Mapping
from typing import Any

from pali_tf.reporting import (
    comparison,
    curves,
    scores,
    status,
    task_titles,
    utilization,
)
from pali_tf.reporting.run_record import RunRecord

THIS = "this run"


def compare(
    run: RunRecord,
    others: Mapping[str, RunRecord],
    stated_peak: float | None = None,
) -> dict[str, Any]:
    """Gives what the page's section about other runs is made from.

    Args:
        run: The one that the page is about.
        others: By name; with none, the section is left out.
        stated_peak: FLOP/s of a device, for the MFU.
    """
    if not others:
        return {"others": []}
    runs = {THIS: run, **others}
    training = {name: one.training for name, one in runs.items()}
    found = {
        name: utilization.utilization(
            one.training, one.environment, stated_peak
        )
        for name, one in runs.items()
    }
    has_mfu = any(one.steps for one in found.values())
    validation = {
        name: one.validation.get("", []) for name, one in runs.items()
    }
    return {
        "compared_names": list(runs),
        "compared_charts": [
            curves.draw(curves.LOSS, training),
            curves.draw(curves.VALIDATION_LOSS, validation),
            *curves.draw_known(training),
            *([curves.draw_utilization(found)] if has_mfu else []),
        ],
        "compared_loss_charts": curves.draw_tasks(training, "loss"),
        "compared_utilization": found,
        "others": [
            {
                "name": name,
                "run": other,
                "status": status.describe(other),
                "tasks": task_names(other),
                "overall": scores.overall_scores(other.tasks),
                "differences": comparison.differences(run, other),
            }
            for name, other in others.items()
        ],
    }


def task_names(run: RunRecord) -> list[str]:
    """Gives the evaluated tasks, in the order of the page."""
    return task_titles.in_order([task.name for task in run.tasks])
