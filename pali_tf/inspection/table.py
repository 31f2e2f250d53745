"""The statistics as a table in the terminal."""

from collections.abc import Mapping, Sequence

import rich.box
import rich.console
import rich.table
import rich.text

from pali_tf.inspection.findings import MOST_CUT, TITLES, Finding
from pali_tf.inspection.sample import Drawn
from pali_tf.inspection.statistics import Lengths, TaskStatistics

_BARS = " ▁▂▃▄▅▆▇█"
_SHOWN_LANGUAGES = 2
_SHOWN_IDS = 3
# Where the output is no terminal, which would say its own.
_FILE_WIDTH = 140


def format_table(tasks: Sequence[TaskStatistics]) -> str:
    """Gives a row for each task; lengths are the median and the longest."""
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("task", no_wrap=True)
    for name in ("asked", "found", "examples"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, lengths in (("prompt", "inputs"), ("target", "targets")):
        limit = max(getattr(task, lengths).limit for task in tasks)
        table.add_column(f"{name} of {limit} tokens", no_wrap=True)
    table.add_column("cut", justify="right", no_wrap=True)
    table.add_column("languages", no_wrap=True, overflow="ellipsis")
    for task in tasks:
        style = "bold red" if task.share_cut > MOST_CUT else ""
        table.add_row(
            task.name,
            f"{task.rate:.1%}",
            f"{task.share:.1%}",
            f"{task.count:,}",
            _describe_lengths(task.inputs),
            _describe_lengths(task.targets),
            rich.text.Text(f"{task.share_cut:.1%}", style=style),
            describe_counts(task.languages, _SHOWN_LANGUAGES),
        )
    return _render(table)


def format_findings(
    findings: Sequence[Finding], examples: Sequence[Drawn]
) -> str:
    """Gives a paragraph for each finding, with ids of examples."""
    if not findings:
        return "Nothing looks wrong.\n"
    text = rich.text.Text("What looks wrong\n", style="bold")
    for finding in findings:
        ids = [examples[row].example_id for row in finding.rows[:_SHOWN_IDS]]
        named = ", ".join(name for name in ids if name)
        text.append(f"  {finding.kind}", style="bold red")
        text.append(
            f"  {finding.task}: {len(finding.rows):,} of {finding.count:,} "
            f"({finding.share:.1%}). {TITLES[finding.kind]}"
            + (f" Such as {named}." if named else "")
            + "\n",
            style="not bold",
        )
    return _render(text)


def sparkline(bins: Sequence[int]) -> str:
    """Draws counts as bars; a count above 0 never vanishes.

    Example: sparkline([0, 1, 100]) gives " ▁█".
    """
    most = max(bins, default=0) or 1
    steps = len(_BARS) - 1
    return "".join(_BARS[-(-count * steps // most)] for count in bins)


def describe_counts(counts: Mapping[str, int], most: int) -> str:
    """Names the first values and says how many more there are.

    Example: describe_counts({"en": 7, "fr": 2, "de": 1}, 2) gives
    "en 7, fr 2, 1 more".
    """
    shown = [f"{name} {count}" for name, count in list(counts.items())[:most]]
    if len(counts) > most:
        shown.append(f"{len(counts) - most} more")
    return ", ".join(shown)


def _describe_lengths(lengths: Lengths) -> str:
    return f"{sparkline(lengths.bins)} {lengths.median:g}–{lengths.longest}"


def _render(item: rich.console.RenderableType) -> str:
    console = rich.console.Console(highlight=False)
    if not console.is_terminal:
        console = rich.console.Console(
            width=_FILE_WIDTH, highlight=False, soft_wrap=True
        )
    with console.capture() as printed:
        console.print(item, end="")
    return printed.get()
