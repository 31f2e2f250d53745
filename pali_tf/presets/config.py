"""What a preset's config.json says, and how a mistake in it is named."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pali_tf.errors import UserError, nearest
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.quantization import QuantizationConfig

FORMAT_VERSION = 1
MODEL_TYPE = "pali_tf"
# How a training run lays its towers out; a preset is unrolled.
_OF_TRAINING = ("scan_layers", "remat_policy")
_Config = TypeVar("_Config")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PresetConfig:
    """A model and the lengths it was trained with.

    Attributes:
        model: sizes of the towers; `model.vision.image_size` is the side of
            its images in pixels.
        prompt_length: S, tokens of a prompt, EOS included.
        text_length: T, tokens of an answer, EOS included.
        quantization: what of its weights is int8; None: nothing.
        lora: its adapters; None: it has none.
        merged_adapters: digests of those that its kernels have taken in.
    """

    model: PaliConfig
    prompt_length: int
    text_length: int
    quantization: QuantizationConfig | None = None
    lora: LoRAConfig | None = None
    merged_adapters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("prompt_length", "text_length"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}, below 1.")
        object.__setattr__(self, "model", self.model.unrolled())

    def adjusted(
        self, *, image_size: int | None = None, dtype: str | None = None
    ) -> "PresetConfig":
        """The same with another image size or precision; None: its own."""
        vision = {"image_size": image_size, "dtype": dtype}
        vision = {k: v for k, v in vision.items() if v is not None}
        language = {} if dtype is None else {"dtype": dtype}
        model = dataclasses.replace(
            self.model,
            vision=dataclasses.replace(self.model.vision, **vision),
            language=dataclasses.replace(self.model.language, **language),
        )
        return dataclasses.replace(self, model=model)


def to_json(config: PresetConfig) -> dict[str, Any]:
    """Gives the object that `from_json` reads."""
    fields = dataclasses.asdict(config)
    for tower in ("vision", "language"):
        for name in _OF_TRAINING:
            del fields["model"][tower][name]
    return {
        "model_type": MODEL_TYPE,
        "format_version": FORMAT_VERSION,
        **fields,
    }


def from_json(values: Any, place: str) -> PresetConfig:
    """Reads the object of a preset's config.json; `place` is the file.

    Raises:
        UserError: another version or kind of file, or a wrong field.
    """
    if not isinstance(values, dict):
        raise UserError(f"{place} holds no JSON object.")
    fields = dict(values)
    version = fields.pop("format_version", None)
    model_type = fields.pop("model_type", None)
    if model_type != MODEL_TYPE or version is None:
        raise UserError(
            f"{place} does not describe a preset: its model_type is "
            f"{model_type!r} and its format_version {version!r}, not "
            f"{MODEL_TYPE!r} and {FORMAT_VERSION}. `pali convert` reads "
            "checkpoints of other kinds, `pali save-preset` makes presets of "
            "what it writes."
        )
    if version != FORMAT_VERSION:
        raise UserError(
            f"{place} has format_version {version!r}; this pali_tf reads "
            f"{FORMAT_VERSION}. A newer pali_tf may read it."
        )
    return read_fields(PresetConfig, fields, place)


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
