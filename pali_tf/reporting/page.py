"""Puts a run's record into one HTML page."""

import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pali_tf.reporting import (
    comparison,
    curves,
    gallery,
    page_kit,
    scores,
    status,
    task_titles,
    utilization,
)
from pali_tf.reporting.plot import format_number
from pali_tf.reporting.run_record import RunRecord

_FOLLOWED_EXAMPLES = 3


def render(
    run: RunRecord,
    images: Mapping[str, str],
    *,
    title: str,
    examples_per_task: int = 6,
    others: Mapping[str, RunRecord] = MappingProxyType({}),
    stated_peak: float | None = None,
) -> str:
    """Makes the page; every text of the run is escaped.

    Args:
        run: What the run left.
        images: `image/source_id` -> `data:` address.
        title: Of the page.
        examples_per_task: How many cards a task gets.
        others: Runs that this one is compared with, by name.
        stated_peak: FLOP/s of a device, for the MFU; None: from the tables.

    Returns:
        The whole page as text; it refers to nothing outside itself.
    """
    environment = page_kit.environment("pali_tf.reporting")
    environment.filters["number"] = format_number
    environment.filters["moment"] = status.moment
    environment.filters["duration"] = status.duration
    overall = scores.overall_scores(run.tasks)
    return environment.get_template("report.html.j2").render(
        title=title,
        command="report",
        run=run,
        words=task_titles,
        status=status.describe(run),
        sessions_status=status.describe_sessions(run),
        tiles=_tiles(run, overall),
        overall=overall,
        languages=scores.language_tables(run.tasks),
        dumbbell=scores.dumbbell,
        vision=curves.draw_vision(run.vision) if run.vision else None,
        cards={
            task.name: [
                gallery.make_card(example, images)
                for example in gallery.choose_examples(task, examples_per_task)
            ]
            for task in run.tasks
        },
        images=images,
        # Through the evaluations of tasks that have several.
        followed=[
            {
                "name": task.name,
                "charts": curves.score_charts(task.history),
                "steps": list(task.predictions),
                "examples": gallery.follow_examples(task, _FOLLOWED_EXAMPLES),
            }
            for task in run.tasks
            if len(task.predictions) > 1
        ],
        **_training(run, stated_peak),
        **comparison.compare(run, others, stated_peak),
    )


def _training(run: RunRecord, stated_peak: float | None) -> dict[str, Any]:
    """Draws the charts of the training beside those of the validation."""
    training = {"training": run.training}
    validation = {"validation": run.validation}
    everything = run.validation.get("", [])
    found = utilization.utilization(run.training, run.environment, stated_peak)
    return {
        "training_charts": [
            curves.draw(curves.LOSS, {**training, "validation": everything}),
            *curves.draw_known(training),
            *curves.draw_utilization({"": found}),
        ],
        "loss_charts": curves.draw_tasks(training, "loss", validation),
        "accuracy_charts": curves.draw_tasks(training, "accuracy", validation),
        "utilization": found,
    }


def image_ids(run: RunRecord, examples_per_task: int = 6) -> set[str]:
    """Gives the ids of all the images that the page will show."""
    ids = [answer.get("image_source_id") for answer in run.answers]
    for task in run.tasks:
        chosen = gallery.choose_examples(task, examples_per_task)
        ids += [example.get("example_id") for example in chosen]
    return {str(name) for name in ids if name}


def _tiles(
    run: RunRecord, overall: dict[str, list[scores.Score]]
) -> list[tuple[str, str]]:
    """Gives the numbers at the top: (number, what it counts)."""
    tiles: list[tuple[str, str]] = []
    if run.training:
        last = run.training[-1]
        tiles.append((f"{last['step']:,}", "training steps"))
        speeds = [
            line["images_per_second"]
            for line in run.training
            if line.get("images_per_second")
        ]
        if speeds:
            speed = statistics.median(speeds)
            tiles.append((f"{speed:.0f}", "images a second, median"))
    better, controlled = scores.better_than_blind(overall)
    if controlled:
        tiles.append((f"{better} of {controlled}", "tasks beat their blind"))
    if run.answers:
        tiles.append(_served_tile(run.answers))
    return tiles


def _served_tile(answers: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    compared = [a for a in answers if a.get("prediction") is not None]
    if not compared:
        return str(len(answers)), "answers over gRPC"
    equal = sum(a["text"] == a["prediction"] for a in compared)
    return (
        f"{equal} of {len(compared)}",
        "served answers equal the evaluation's",
    )
