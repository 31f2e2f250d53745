"""Counts over the drawn examples, task by task."""

import collections
import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence

from pali_tf.inspection.sample import Drawn, Text

NUM_BINS = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lengths:
    """How long the texts of a task are, in tokens.

    Attributes:
        limit: the length that they are cut to.
        bins: how many texts fall in each of NUM_BINS equal parts of the way
            from 0 to the longest text of any task.
        median: half of them are shorter.
        longest: of all.
        num_cut: how many were over the limit.
    """

    limit: int
    bins: tuple[int, ...]
    median: float
    longest: int
    num_cut: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskStatistics:
    """What was drawn of a task.

    Attributes:
        name: of the task.
        rate: the share of the mixture that was asked for, in [0, 1].
        count: how many examples were drawn.
        share: of all that were drawn, in [0, 1].
        inputs: lengths of the prompts.
        targets: lengths of the targets.
        languages: examples of each, the most frequent first.
        forms: the same, of the forms of question.
        num_images: examples that have one.
        num_again: examples whose image the task had drawn before.
    """

    name: str
    rate: float
    count: int
    share: float
    inputs: Lengths
    targets: Lengths
    languages: Mapping[str, int]
    forms: Mapping[str, int]
    num_images: int
    num_again: int

    @property
    def share_cut(self) -> float:
        """The share of texts over their length, the worse side of the two."""
        cut = max(self.inputs.num_cut, self.targets.num_cut)
        return cut / self.count if self.count else 0.0


def summarize(
    examples: Sequence[Drawn],
    rates: Mapping[str, float],
    lengths: Mapping[str, int],
) -> list[TaskStatistics]:
    """Counts each task of a mixture; `rates` are the shares asked for."""
    by_task: dict[str, list[Drawn]] = {name: [] for name in rates}
    for example in examples:
        by_task[example.task].append(example)
    longest_prompt = max((len(e.prompt.tokens) for e in examples), default=0)
    longest_target = max((len(e.target.tokens) for e in examples), default=0)
    return [
        TaskStatistics(
            name=name,
            rate=rates[name],
            share=len(drawn) / max(len(examples), 1),
            inputs=measure(
                [e.prompt for e in drawn], lengths["inputs"], longest_prompt
            ),
            targets=measure(
                [e.target for e in drawn], lengths["targets"], longest_target
            ),
            count=len(drawn),
            languages=_counted(e.language for e in drawn),
            forms=_counted(e.form for e in drawn),
            num_images=sum(e.picture is not None for e in drawn),
            num_again=_num_again([e.example_id for e in drawn]),
        )
        for name, drawn in by_task.items()
    ]


def measure(texts: Sequence[Text], limit: int, end: int) -> Lengths:
    """Puts lengths into bins that go from 0 to `end`.

    Example: up to 20 a bin is two tokens wide; the lengths 1, 2 and 3 are two
    in the first bin and one in the second.
    """
    counts = [len(text.tokens) for text in texts]
    bins = [0] * NUM_BINS
    for count in counts:
        place = max(count - 1, 0) * NUM_BINS // max(end, 1)
        bins[min(place, NUM_BINS - 1)] += 1
    return Lengths(
        limit=limit,
        bins=tuple(bins),
        median=statistics.median(counts) if counts else 0,
        longest=max(counts, default=0),
        num_cut=sum(text.is_cut for text in texts),
    )


def _num_again(ids: Sequence[str]) -> int:
    named = [name for name in ids if name]
    return len(named) - len(set(named))


def _counted(values: Iterable[str]) -> dict[str, int]:
    counts = collections.Counter(value for value in values if value)
    return dict(counts.most_common())
