"""Tasks and mixtures from what one line of gin or a flag can say.

| given                                         | gives                        |
|-----------------------------------------------|------------------------------|
| "pali_pretrain"                               | what is registered           |
| "captioning:my_shop"                          | that objective on imported   |
|                                               | data; my_shop_captioning     |
| "captioning:my_shop:fr"                       | on its French part alone     |
| {"captioning:my_shop": 1, "webli_ocr": 0.5}   | a mixture by these rates; a  |
|                                               | flag may say it as text      |

`objectives` lists the objectives.
"""

import ast
import difflib
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

import seqio

from pali_tf.data import input_pipeline
from seqio_tasks import languages
from seqio_tasks.objectives import find_objective
from seqio_tasks.registration import add_task

_LANGUAGES = frozenset(languages.WEBLI + languages.XM3600)


def find(given: str | Mapping[str, float]) -> seqio.Mixture | seqio.Task:
    """Gives a task or mixture; registers it if it is new.

    Args:
        given: a registered name, "objective:source[:language]", or rates by
            such names.

    Raises:
        ValueError: a name, objective, language or rate that is none; the
            message has the nearest.
    """
    if isinstance(given, str) and given.startswith("{"):
        given = _parse_rates(given)
    if isinstance(given, Mapping):
        return _mixture(given)
    return _named(given)


def _named(name: str) -> seqio.Mixture | seqio.Task:
    if ":" not in name:
        return input_pipeline.find_mixture_or_task(name)
    parts = name.split(":")
    if len(parts) > 3 or not all(parts):
        raise ValueError(
            f"{name!r} is no objective:source[:language], such as "
            "'captioning:my_shop' or 'captioning:my_shop:fr'."
        )
    objective, source, *rest = parts
    return _task(objective, source, rest[0] if rest else None)


def _task(objective: str, source: str, language: str | None) -> seqio.Task:
    chosen = find_objective(objective)
    name = f"{source}_{objective}"
    if language is not None:
        _check_language(objective, language, chosen.has_languages)
        name = f"{name}_{re.sub('[^a-z]', '_', language)}"
    if name not in seqio.TaskRegistry.names():
        add_task(
            name,
            chosen.source(source, language),
            chosen.make_text,
            chosen.metric_fns,
            before=chosen.before,
        )
    return seqio.TaskRegistry.get(name)


def _check_language(objective: str, language: str, is_chosen: bool) -> None:
    if not is_chosen:
        raise ValueError(
            f"The objective {objective!r} takes no language; {language!r} is "
            "given."
        )
    if language not in _LANGUAGES:
        near = difflib.get_close_matches(language, _LANGUAGES, 1, 0.0)[0]
        raise ValueError(
            f"No language has the code {language!r}; did you mean {near!r}?"
        )


def _parse_rates(text: str) -> Mapping[str, float]:
    try:
        rates = ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(
            f"{text} are no rates, such as {{'webli_ocr': 0.5}}: {error}."
        ) from error
    if not isinstance(rates, dict):
        raise ValueError(f"{text} are no rates: give a rate after each name.")
    return rates


def _mixture(rates: Mapping[str, Any]) -> seqio.Mixture:
    if not rates:
        raise ValueError("A mixture needs a rate for one task at least.")
    for name, rate in rates.items():
        is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
        if not (is_number and math.isfinite(rate) and rate > 0):
            raise ValueError(
                f"The rate of {name!r} is {rate!r}; it is a number above 0."
            )
    parts = [(_named(name).name, rate) for name, rate in rates.items()]
    names = [name for name, _ in parts]
    if len(set(names)) < len(names):
        raise ValueError(f"The rates {dict(rates)} name a task twice: {names}.")
    # The same rates have the same name in each process and each run.
    digest = zlib.crc32(repr(parts).encode())
    name = f"mixture_{digest:08x}"
    if name not in seqio.MixtureRegistry.names():
        seqio.MixtureRegistry.add(name, parts)
    return seqio.MixtureRegistry.get(name)
