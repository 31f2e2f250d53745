"""A small integer for each task, so that a batch can say whose examples it has.

Ids follow the order of registration, which is the order of the task modules;
a loop that sums its losses by `task_id` reads the names here.
"""

_NAMES: list[str] = []


def register(name: str) -> int:
    """Returns the id of the task `name`, a new one if it is not known."""
    if name not in _NAMES:
        _NAMES.append(name)
    return _NAMES.index(name)


def names() -> tuple[str, ...]:
    """Returns the names of the tasks; each one's index is its id."""
    return tuple(_NAMES)
