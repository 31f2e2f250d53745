"""The examples and their statistics as one HTML page.

The examples lie in the page as JSON, and a small script makes the cards that
are looked at: a thousand of them open and scroll as fast as ten.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pali_tf.inspection.findings import MOST_CUT, TITLES, Finding
from pali_tf.inspection.sample import Drawn, Text
from pali_tf.inspection.statistics import TaskStatistics
from pali_tf.reporting import page_kit, task_titles
from pali_tf.reporting.images import data_uri

_SHOWN_IDS = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Where the examples are from.

    Attributes:
        name: of the mixture or task.
        split: of the data.
        data_dir: of the stored examples, or of SeqIO's cache.
        seed: that they are drawn with.
        image_size: side of the pictures, in pixels.
    """

    name: str
    split: str
    data_dir: str
    seed: int
    image_size: int


def render(
    source: Source,
    examples: Sequence[Drawn],
    tasks: Sequence[TaskStatistics],
    findings: Sequence[Finding],
) -> str:
    """Makes the page, which refers to nothing outside itself.

    Args:
        source: what it is about.
        examples: in the order they were drawn.
        tasks: of `statistics.summarize`.
        findings: of `findings.find`.
    """
    environment = page_kit.environment("pali_tf.inspection")
    return environment.get_template("inspect.html.j2").render(
        title=f"{source.name}: what the model sees",
        command="inspect",
        source=source,
        tasks=tasks,
        words=task_titles,
        most_cut=MOST_CUT,
        finding_titles=TITLES,
        findings=[(finding, _ids(finding, examples)) for finding in findings],
        tiles=_tiles(examples, tasks),
        content=_embed(pack(examples, findings, tasks)),
    )


def pack(
    examples: Sequence[Drawn],
    findings: Sequence[Finding],
    tasks: Sequence[TaskStatistics],
) -> dict[str, Any]:
    """Puts the examples into a form that is small as JSON.

    Pieces and pictures that come again are held once; examples refer to them
    by their places.
    """
    pieces: dict[tuple[int, str], int] = {}
    pictures: dict[str, int] = {}
    images: list[str] = []
    kinds: dict[int, list[str]] = {}
    for finding in findings:
        for row in finding.rows:
            kinds.setdefault(row, []).append(finding.kind)

    def places(text: Text) -> list[int]:
        return [pieces.setdefault(t, len(pieces)) for t in text.tokens]

    def picture(example: Drawn) -> int | None:
        if example.picture is None:
            return None
        if example.picture.digest not in pictures:
            pictures[example.picture.digest] = len(images)
            images.append(data_uri(example.picture.encoded))
        return pictures[example.picture.digest]

    rows = [
        {
            "task": example.task,
            "id": example.example_id,
            "language": example.language,
            "form": example.form,
            "prompt": example.prompt.text,
            "target": example.target.text,
            "inputs": places(example.prompt),
            "targets": places(example.target),
            "isPromptCut": example.prompt.is_cut,
            "isTargetCut": example.target.is_cut,
            "image": picture(example),
            "boxes": [
                [round(side, 4) for side in (b.ymin, b.xmin, b.ymax, b.xmax)]
                + [b.label]
                for b in example.boxes
            ],
            "findings": kinds.get(row, []),
        }
        for row, example in enumerate(examples)
    ]
    return {
        "examples": rows,
        "pieces": list(pieces),
        "images": images,
        "titles": {task.name: task_titles.title(task.name) for task in tasks},
        "findings": TITLES,
    }


def _ids(finding: Finding, examples: Sequence[Drawn]) -> list[str]:
    ids = [examples[row].example_id for row in finding.rows]
    return list(dict.fromkeys(filter(None, ids)))[:_SHOWN_IDS]


def _tiles(
    examples: Sequence[Drawn], tasks: Sequence[TaskStatistics]
) -> list[tuple[str, str]]:
    """Gives the numbers at the top: (number, what it counts)."""
    languages = {example.language for example in examples} - {""}
    ids = {e.example_id for e in examples if e.example_id}
    cut = sum(e.prompt.is_cut or e.target.is_cut for e in examples)
    share = cut / len(examples) if examples else 0.0
    return [
        (f"{len(examples):,}", "examples, as training draws them"),
        (f"{len(ids):,}", "different images"),
        (f"{len(tasks)}", "task" if len(tasks) == 1 else "tasks"),
        (
            f"{len(languages)}",
            "language" if len(languages) == 1 else "languages",
        ),
        (f"{share:.1%}", "are over their length"),
    ]


def _embed(content: Mapping[str, Any]) -> Markup:
    """Writes JSON so that it may stand inside a script element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))
