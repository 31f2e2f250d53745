"""The data of a run, from what one line of gin or a flag can say.

| given                                         | gives                        |
|-----------------------------------------------|------------------------------|
| "pali_pretrain"                               | what has that name           |
| "captioning:my_shop"                          | that objective on imported   |
|                                               | data                         |
| "captioning:my_shop:fr"                       | on its French part alone     |
| {"captioning:my_shop": 1, "webli_ocr": 0.5}   | a mixture by these rates; a  |
|                                               | flag may say it as text      |

`objectives` lists the objectives. A colon is in no name of a task or a source,
so what is given in this form never meets what has a name.
"""

import ast
import math
import zlib
from collections.abc import Mapping
from typing import Any

import seqio

from pali_tf.data.data_root import DataRoot
from pali_tf.data.run_data import RunData
from pali_tf.data.task_choices import TaskChoices
from pali_tf.errors import UserError, nearest
from seqio_tasks import catalog, languages
from seqio_tasks.definition import TaskDefinition
from seqio_tasks.objectives import find_objective

LANGUAGES = frozenset(languages.WEBLI + languages.XM3600)


def find(
    given: str | Mapping[str, float],
    root: DataRoot = DataRoot(),
    choices: TaskChoices = TaskChoices(),
) -> RunData:
    """Gives the data of a run.

    Args:
        given: the name of a task or mixture, also of SeqIO's registries;
            "objective:source[:language]"; or rates by such names.
        root: where the data and the vocabulary are.
        choices: what the tasks draw.

    Raises:
        UserError: a name, objective, language or rate that is none; the
            message has the nearest.
    """
    if isinstance(given, str) and given.startswith("{"):
        given = _parse_rates(given)
    if isinstance(given, Mapping):
        # The same for the same rates, in any process.
        digest = zlib.crc32(repr(sorted(given.items())).encode())
        name, rates = f"mixture_{digest:08x}", _flat(given)
    else:
        name, rates = given, _rates_of(given)
    found = {task: _definition(task) for task in rates}
    # SeqIO's mixtures give their tasks in this order, too.
    numbers = {task: number for number, task in enumerate(sorted(found))}
    bound = [
        (
            definition.bind(root, choices, numbers[task])
            if isinstance(definition, TaskDefinition)
            else definition,
            rates[task],
        )
        for task, definition in found.items()
    ]
    return RunData(name, bound, root, choices)


def _rates_of(name: str) -> Mapping[str, float]:
    """Gives the rates of the tasks that a name stands for."""
    if name in catalog.MIXTURES:
        return catalog.MIXTURES[name]
    if name in seqio.MixtureRegistry.names():
        mixture = seqio.MixtureRegistry.get(name)
        return {t.name: float(mixture.get_rate(t)) for t in mixture.tasks}
    return {name: 1.0}


def _definition(name: str) -> TaskDefinition | seqio.Task:
    """Gives what a name of a task stands for."""
    if name in catalog.TASKS:
        return catalog.TASKS[name]
    if name in seqio.TaskRegistry.names():
        return seqio.TaskRegistry.get(name)
    if ":" in name:
        return _own_data(name)
    known = {
        *catalog.MIXTURES,
        *catalog.TASKS,
        *seqio.MixtureRegistry.names(),
        *seqio.TaskRegistry.names(),
    }
    raise UserError(
        f"There is no mixture or task {name!r}{nearest(name, known)}"
    )


def _own_data(name: str) -> TaskDefinition:
    parts = name.split(":")
    if len(parts) > 3 or not all(parts):
        raise UserError(
            f"{name!r} is no objective:source[:language], such as "
            "'captioning:my_shop' or 'captioning:my_shop:fr'."
        )
    objective, source, *rest = parts
    chosen = find_objective(objective)
    for language in rest:
        if not chosen.has_languages:
            raise UserError(
                f"The objective {objective!r} takes no language; {language!r} "
                "is given."
            )
        if language not in LANGUAGES:
            raise UserError(
                f"No language has the code {language!r}"
                f"{nearest(language, LANGUAGES)}"
            )
    return TaskDefinition(
        name=name,
        source=source,
        objective=chosen,
        language=rest[0] if rest else None,
    )


def _parse_rates(text: str) -> Mapping[str, float]:
    try:
        rates = ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise UserError(
            f"{text} are no rates, such as {{'webli_ocr': 0.5}}: {error}."
        ) from error
    if not isinstance(rates, dict):
        raise UserError(f"{text} are no rates: give a rate after each name.")
    return rates


def _flat(rates: Mapping[str, Any]) -> Mapping[str, float]:
    """Gives the rates of tasks; a mixture's tasks share its rate."""
    if not rates:
        raise UserError("A mixture needs a rate for one task at least.")
    flat: dict[str, float] = {}
    for name, rate in rates.items():
        is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
        if not (is_number and math.isfinite(rate) and rate > 0):
            raise UserError(
                f"The rate of {name!r} is {rate!r}; it is a number above 0."
            )
        parts = _rates_of(name)
        total = sum(parts.values())
        for task, share in parts.items():
            if task in flat:
                raise UserError(f"The rates {dict(rates)} name {task} twice.")
            flat[task] = rate * share / total
    return flat
