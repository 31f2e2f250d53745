"""Frozen dataclasses as JSON objects; a mistake names the field."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pali_tf.errors import UserError, nearest

_Config = TypeVar("_Config")


def read_fields(kind: type[_Config], values: Any, place: str) -> _Config:
    """Makes a dataclass of numbers, strings, tuples and such dataclasses.

    Args:
        kind: the dataclass.
        values: its fields, as JSON gives them.
        place: where they are written, for the messages.

    Raises:
        UserError: a field that is unknown, missing or of the wrong type.

    Example: {"width": "16"} for a field `width: int` gives "config.json:
        width is '16', not int".
    """
    if not isinstance(values, Mapping):
        raise UserError(f"{place} is {values!r}, not a JSON object.")
    fields = {f.name: f for f in dataclasses.fields(cast(Any, kind))}
    for name in values:
        if name not in fields:
            raise UserError(
                f"{place} has the field {name!r}, which is not known"
                f"{nearest(name, fields)}"
            )
    for name, field in fields.items():
        is_required = field.default is dataclasses.MISSING
        if name not in values and is_required:
            raise UserError(f"{place} lacks the field {name!r}.")
    types = typing.get_type_hints(kind)
    arguments = {
        name: _read(types[name], value, f"{place}: {name}")
        for name, value in values.items()
    }
    try:
        return kind(**arguments)
    except UserError as error:
        raise UserError(f"{place}: {error}") from error


def _read(hint: Any, value: Any, place: str) -> Any:
    if typing.get_origin(hint) is tuple and type(value) is list:
        each = typing.get_args(hint)[0]
        return tuple(_read(each, item, place) for item in value)
    choices = typing.get_args(hint) or (hint,)
    for kind in choices:
        if dataclasses.is_dataclass(kind) and value is not None:
            return read_fields(cast(type, kind), value, place)
        # JSON writes 1.0 as it likes; bool is an int to Python.
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is kind:
            return value
    names = " or ".join(
        getattr(kind, "__name__", str(kind)) for kind in choices
    )
    raise UserError(f"{place} is {value!r}, not {names}.")
