"""Puts a run's record into one HTML page."""

import importlib.resources
import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import jinja2
from markupsafe import Markup

from pali_tf.reporting import curves, gallery, scores, words
from pali_tf.reporting.plot import format_number
from pali_tf.reporting.run_record import RunRecord

_TEMPLATES = importlib.resources.files("pali_tf.reporting") / "templates"


def render(
    run: RunRecord,
    images: Mapping[str, str],
    *,
    title: str,
    examples_per_task: int = 6,
    others: Mapping[str, RunRecord] = MappingProxyType({}),
) -> str:
    """Makes the page; every text of the run is escaped.

    Args:
        run: What the run left.
        images: `image/source_id` -> `data:` address.
        title: Of the page.
        examples_per_task: How many cards a task gets.
        others: Runs whose scores are shown beside this one's, by name.

    Returns:
        The whole page as text; it refers to nothing outside itself.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = format_number
    template = environment.from_string(_read("report.html.j2"))
    overall = scores.overall_scores(run.tasks)
    return template.render(
        title=title,
        style=Markup(_read("style.css")),
        run=run,
        words=words,
        tasks=_task_names(run),
        tiles=_tiles(run, overall),
        overall=overall,
        languages=scores.language_tables(run.tasks),
        dumbbell=scores.dumbbell,
        training_charts=curves.training_charts(run.training),
        loss_charts=curves.task_charts(run.training, "loss", ""),
        accuracy_charts=curves.task_charts(run.training, "accuracy", ""),
        vision_chart=curves.vision_chart(run.vision) if run.vision else None,
        cards={
            task.name: [
                gallery.make_card(example, images)
                for example in gallery.choose_examples(task, examples_per_task)
            ]
            for task in run.tasks
        },
        images=images,
        others=[
            {
                "name": name,
                "run": other,
                "tasks": _task_names(other),
                "overall": scores.overall_scores(other.tasks),
            }
            for name, other in others.items()
        ],
    )


def _task_names(run: RunRecord) -> list[str]:
    return words.in_order([task.name for task in run.tasks])


def image_ids(run: RunRecord, examples_per_task: int = 6) -> set[str]:
    """Gives the ids of all the images that the page will show."""
    ids = {
        str(answer["image_source_id"])
        for answer in run.answers
        if answer.get("image_source_id")
    }
    for task in run.tasks:
        ids |= gallery.image_ids(
            gallery.choose_examples(task, examples_per_task)
        )
    return ids


def _tiles(
    run: RunRecord, overall: Mapping[str, Sequence[scores.Score]]
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
    better, controlled = scores.better_than_blind(
        {name: list(rows) for name, rows in overall.items()}
    )
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


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
