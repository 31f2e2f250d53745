"""What looks wrong with the examples, counted and named."""

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence

from pali_tf.inspection.sample import Drawn

# Texts of a task over their length, above which it is named.
MOST_CUT = 0.01
# A task has sentinels if this share of its prompts does; so for images.
_MOST = 0.5

# Kind -> what is wrong, as a sentence about the examples.
TITLES: dict[str, str] = {
    "empty-target": "The target is empty: there is nothing to learn.",
    "prompt-cut": "The prompt is over its length and has lost its middle.",
    "target-cut": "The target is over its length and has no end.",
    "unknown-piece": "The vocabulary has no piece for a part of the text.",
    "duplicate": "Two images of different ids are equal, and so is the target.",
    "one-colour": "The image is of one colour: there is nothing to see.",
    "no-sentinel": "The prompt has no sentinel, though others of its task do.",
    "no-image": "There is no image, though others of its task have one.",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong with some examples of a task.

    Attributes:
        kind: a key of TITLES.
        task: whose examples.
        rows: their places among all that were drawn.
        count: how many the task has.
    """

    kind: str
    task: str
    rows: tuple[int, ...]
    count: int

    @property
    def share(self) -> float:
        """Of the task's examples, in [0, 1]."""
        return len(self.rows) / self.count


def find(examples: Sequence[Drawn]) -> list[Finding]:
    """Looks through the examples; the worst kinds come first.

    Texts that were cut are named where they are above MOST_CUT of a task.
    """
    by_task: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        by_task.setdefault(example.task, []).append(row)
    found = {
        (kind, task): kind_rows
        for task, rows in by_task.items()
        for kind, kind_rows in _of_task(examples, rows).items()
        if kind_rows and not _is_rare(kind, kind_rows, rows)
    }
    return [
        Finding(
            kind=kind,
            task=task,
            rows=tuple(found[kind, task]),
            count=len(by_task[task]),
        )
        for kind in TITLES
        for task in by_task
        if (kind, task) in found
    ]


def _is_rare(kind: str, rows: Sequence[int], of: Sequence[int]) -> bool:
    is_cut = kind in ("prompt-cut", "target-cut")
    return is_cut and len(rows) <= MOST_CUT * len(of)


def _of_task(
    examples: Sequence[Drawn], rows: Sequence[int]
) -> Mapping[str, list[int]]:
    def where(is_so: Callable[[Drawn], bool]) -> list[int]:
        return [row for row in rows if is_so(examples[row])]

    def others_have(has: Callable[[Drawn], bool]) -> list[int]:
        without = where(lambda example: not has(example))
        return without if len(without) < _MOST * len(rows) else []

    return {
        "empty-target": where(lambda e: not e.target.text.strip()),
        "prompt-cut": where(lambda e: e.prompt.is_cut),
        "target-cut": where(lambda e: e.target.is_cut),
        "unknown-piece": where(
            lambda e: e.prompt.has_unknown or e.target.has_unknown
        ),
        "duplicate": _duplicates(examples, rows),
        "one-colour": where(
            lambda e: e.picture is not None and e.picture.is_one_colour
        ),
        "no-sentinel": others_have(lambda e: "<extra_id_" in e.prompt.text),
        "no-image": others_have(lambda e: e.picture is not None),
    }


def _duplicates(examples: Sequence[Drawn], rows: Sequence[int]) -> list[int]:
    """Finds equal pictures of unlike ids; a second epoch is no duplicate."""
    groups: dict[tuple[str, str], list[int]] = collections.defaultdict(list)
    for row in rows:
        example = examples[row]
        if example.picture is not None:
            groups[example.picture.digest, example.target.text].append(row)
    return sorted(
        row
        for group in groups.values()
        if len({examples[row].example_id for row in group}) > 1
        for row in group
    )
