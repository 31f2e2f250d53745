"""The bindings of an operative configuration, from its text."""

import re

_BINDING = re.compile(r"(?P<name>[\w./]+) = (?P<value>.*)")


def parse_bindings(text: str) -> dict[str, str]:
    r"""Gives the value of each binding, as it is written, on one line.

    What gin wraps over several lines, with or without a backslash, begins with
    a space on all but the first.

    Example: "A = 1\nf.x = \\\n    'long'\n# f.y = 2" gives
        {"A": "1", "f.x": "'long'"}.
    """
    bindings: dict[str, str] = {}
    name = None
    for line in text.splitlines():
        match = _BINDING.fullmatch(line)
        if match:
            name = match["name"]
            bindings[name] = _without_backslash(match["value"])
        elif name is not None and line.startswith(" "):
            more = _without_backslash(line.strip())
            bindings[name] = f"{bindings[name]} {more}".strip()
        else:
            name = None
    return bindings


def resolve(bindings: dict[str, str], name: str) -> str | None:
    """Gives a binding's value, macros followed; None: it is not bound.

    Example: resolve({"f.x": "%A", "A": "1"}, "f.x") gives "1".
    """
    value = bindings.get(name)
    for _ in bindings:
        if value is None or not value.startswith("%"):
            break
        value = bindings.get(value[1:])
    return value


def _without_backslash(value: str) -> str:
    return value.removesuffix("\\").strip()
