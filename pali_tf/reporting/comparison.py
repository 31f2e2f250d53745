"""A run beside others: curves over each other, scores, and what differs."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from pali_tf.reporting import curves, scores, status, utilization
from pali_tf.reporting.gin_bindings import parse_bindings, resolve
from pali_tf.reporting.run_record import RunRecord

# T5X's lines begin with the word.
_PARAMETER = re.compile(r"(?:Variable )?(\S+)\s+(.*)")
_MOST_ROWS = 60


def compare(
    run: RunRecord,
    others: Mapping[str, RunRecord],
    stated_peak: float | None = None,
) -> dict[str, Any]:
    """Gives what the page's section about others, by name, is made from."""
    if not others:
        return {"others": []}
    runs = {"this run": run, **others}
    training = {name: one.training for name, one in runs.items()}
    found = {
        name: utilization.utilization(
            one.training, one.environment, stated_peak
        )
        for name, one in runs.items()
    }
    validation = {
        name: one.validation.get("", []) for name, one in runs.items()
    }
    return {
        "compared_names": list(runs),
        "compared_charts": [
            curves.draw(curves.LOSS, training),
            curves.draw(curves.VALIDATION_LOSS, validation),
            *curves.draw_known(training),
            *curves.draw_utilization(found),
        ],
        "compared_loss_charts": curves.draw_tasks(training, "loss"),
        "compared_utilization": found,
        "others": [
            {
                "name": name,
                "run": other,
                "status": status.describe(other),
                "overall": scores.overall_scores(other.tasks),
                "differences": differences(run, other),
            }
            for name, other in others.items()
        ],
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileDifference:
    """What differs between two files.

    Attributes:
        file: Its name.
        absent: Why there is nothing to compare; None: there is.
        num_equal: How many names have the same value in both.
        rows: The others, the first of them: name, value here and there; None:
            the run has no such name.
        num_more: How many are not in `rows`.
    """

    file: str
    absent: str | None = None
    num_equal: int = 0
    rows: tuple[tuple[str, str | None, str | None], ...] = ()
    num_more: int = 0


def differences(here: RunRecord, there: RunRecord) -> list[FileDifference]:
    """Compares config.gin, environment.json and model-info.txt, by names."""
    return [
        _compare(
            "config.gin", here.config, there.config, parse_bindings, resolve
        ),
        _compare(
            "environment.json", here.environment, there.environment, _flatten
        ),
        _compare(
            "model-info.txt", here.model_info, there.model_info, _parameters
        ),
    ]


def _parameters(text: str) -> dict[str, str]:
    """Gives what model-info.txt tells of each parameter, by its path."""
    found = {}
    for line in text.splitlines():
        match = _PARAMETER.match(line)
        if match:
            found[match[1].removesuffix(":")] = " ".join(match[2].split())
    return found


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Gives the leaves of nested objects as text, by dotted names.

    Example: {"a": {"b": 1}, "c": [1, 2]} gives {"a.b": "1", "c": "1 2"}.
    """
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{name}.")
        elif isinstance(value, list):
            flat[name] = " ".join(map(str, value))
        else:
            flat[name] = str(value)
    return flat


def _compare(
    file: str,
    here: Any,
    there: Any,
    names_of: Callable[[Any], dict[str, str]],
    value_of: Callable[[dict[str, str], str], str | None] = dict.get,
) -> FileDifference:
    missing = [
        which
        for which, content in (("this run", here), ("the other", there))
        if content is None
    ]
    if missing:
        return FileDifference(
            file=file, absent=f"{' and '.join(missing)} left none"
        )
    ours, theirs = names_of(here), names_of(there)
    names = sorted(ours.keys() | theirs.keys())
    rows = [
        # What a binding refers to is told under its own name.
        (name, value_of(ours, name), value_of(theirs, name))
        for name in names
        if ours.get(name) != theirs.get(name)
    ]
    rows = [row for row in rows if row[1] != row[2]]
    return FileDifference(
        file=file,
        num_equal=len(names) - len(rows),
        rows=tuple(rows[:_MOST_ROWS]),
        num_more=max(len(rows) - _MOST_ROWS, 0),
    )
