"""What a preset's config.json says."""

import dataclasses
from typing import Any

from pali_tf.errors import UserError
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.quantization import QuantizationConfig
from pali_tf.presets.fields import read_fields

FORMAT_VERSION = 1
MODEL_TYPE = "pali_tf"
# How a training run lays its towers out; a preset is unrolled.
_OF_TRAINING = ("scan_layers", "remat_policy")


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
