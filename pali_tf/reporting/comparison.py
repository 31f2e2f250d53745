"""What changed between two runs: settings, environment, parameters."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from pali_tf.reporting.gin_bindings import parse_bindings, resolve
from pali_tf.reporting.run_record import RunRecord

# T5X's lines begin with the word.
_PARAMETER = re.compile(r"(?:Variable )?(\S+)\s+(.*)")
_MOST_ROWS = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """A name whose value differs; None: the run has no such name."""

    name: str
    here: str | None
    there: str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileDifference:
    """What differs between two files.

    Attributes:
        file: Its name.
        absent: Why there is nothing to compare; None: there is.
        num_equal: How many names have the same value in both.
        rows: The others, the first of them.
        num_more: How many are not in `rows`.
    """

    file: str
    absent: str | None = None
    num_equal: int = 0
    rows: tuple[Difference, ...] = ()
    num_more: int = 0


def differences(here: RunRecord, there: RunRecord) -> list[FileDifference]:
    """Compares config.gin, environment.json and model-info.txt, by names."""
    return [
        _compare(
            "config.gin",
            _maybe(parse_bindings, here.config),
            _maybe(parse_bindings, there.config),
            value_of=resolve,
        ),
        _compare(
            "environment.json",
            _maybe(flatten, here.environment),
            _maybe(flatten, there.environment),
        ),
        _compare(
            "model-info.txt",
            _maybe(parameters, here.model_info),
            _maybe(parameters, there.model_info),
        ),
    ]


def parameters(text: str) -> dict[str, str]:
    """Gives what model-info.txt tells of each parameter, by its path."""
    found = {}
    for line in text.splitlines():
        match = _PARAMETER.match(line)
        if match:
            found[match[1].removesuffix(":")] = " ".join(match[2].split())
    return found


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Gives the leaves of nested objects as text, by dotted names.

    Example: flatten({"a": {"b": 1}, "c": [1, 2]}) gives
        {"a.b": "1", "c": "1 2"}.
    """
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        elif isinstance(value, list):
            flat[name] = " ".join(map(str, value))
        else:
            flat[name] = str(value)
    return flat


def _maybe(
    names_of: Callable[[Any], dict[str, str]], content: Any
) -> dict[str, str] | None:
    return None if content is None else names_of(content)


def _compare(
    file: str,
    here: dict[str, str] | None,
    there: dict[str, str] | None,
    value_of: Callable[[dict[str, str], str], str | None] = dict.get,
) -> FileDifference:
    if here is None or there is None:
        missing = [
            which
            for which, names in (("this run", here), ("the other", there))
            if names is None
        ]
        return FileDifference(
            file=file, absent=f"{' and '.join(missing)} left none"
        )
    names = sorted(here.keys() | there.keys())
    differing = [name for name in names if here.get(name) != there.get(name)]
    values = {
        # What a binding refers to is told under its own name.
        name: (value_of(here, name), value_of(there, name))
        for name in differing
    }
    rows = [
        Difference(name=name, here=ours, there=theirs)
        for name, (ours, theirs) in values.items()
        if ours != theirs
    ]
    return FileDifference(
        file=file,
        num_equal=len(names) - len(rows),
        rows=tuple(rows[:_MOST_ROWS]),
        num_more=max(len(rows) - _MOST_ROWS, 0),
    )
