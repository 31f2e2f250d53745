"""The folder of an adapter: LoRA's weights, and what they were trained on.

adapter_config.json     rank, target, the sizes of the model
adapter.safetensors     A and B of each adapted projection
"""

import dataclasses
import hashlib
import os
from collections.abc import Collection, Mapping
from typing import Any

import keras
import numpy as np
from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.stores.safetensors_files import (
    SafetensorsSource,
    write_safetensors,
)
from pali_tf.errors import ExistingFileError, MissingFileError, UserError, told
from pali_tf.layers.initializers import no_draws_scope
from pali_tf.models.lora.adapters import adapters_by_path, enable_lora
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.pali.config import PaliConfig
from pali_tf.presets.config import read_fields
from pali_tf.presets.folder import require
from pali_tf.presets.weights import load_weights, variable_tensors

CONFIG = "adapter_config.json"
WEIGHTS = "adapter.safetensors"
FORMAT_VERSION = 1
# What may differ between the model an adapter is for and the one it is put
# into: it changes no shape of an adapter.
_MAY_DIFFER = (
    "image_size",
    "position_stddev",
    "dtype",
    "dropout_rate",
    "scan_layers",
    "remat_policy",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _AdapterConfig:
    format_version: int
    rank: int
    target: str


def write_adapter(
    directory: str | os.PathLike[str],
    model: keras.Model,
    config: LoRAConfig,
    sizes: PaliConfig,
) -> Path:
    """Writes the adapters of a model; the folder appears once it is whole.

    Raises:
        ExistingFileError: the folder exists.
    """
    path = files.absolute(files.as_path(directory))
    described = {
        "format_version": FORMAT_VERSION,
        **dataclasses.asdict(config),
        "base": _base(sizes),
    }
    if path.exists():
        raise ExistingFileError(f"{path} exists; nothing is overwritten.")
    with files.staged(path, last=CONFIG) as temporary:
        temporary.mkdir()
        tensors = variable_tensors(adapters_by_path(model))
        write_safetensors(temporary / WEIGHTS, tensors, {})
        json_files.write(temporary / CONFIG, described)
    return path


@told()
def load_adapter(
    directory: str | os.PathLike[str],
    model: keras.Model,
    current: LoRAConfig | None,
    sizes: PaliConfig,
    merged: Collection[str] = (),
) -> LoRAConfig:
    """Puts a stored adapter into a model.

    Args:
        directory: of `write_adapter`.
        model: built.
        current: the adapters that it has; None: it has none.
        sizes: of the model.
        merged: digests of adapters that the model's kernels have taken in.

    Raises:
        MissingFileError: the folder or a file of it is not there.
        UserError: it is for a model of other sizes, or the model has
            adapters of another rank or target, or these in its kernels.
    """
    folder = files.as_path(directory)
    if not folder.is_dir():
        raise MissingFileError(f"There is no adapter {folder}.")
    file = require(folder, CONFIG)
    values = json_files.read(file)
    base = values.pop("base", None) if isinstance(values, dict) else None
    read = read_fields(_AdapterConfig, values, str(file))
    if read.format_version != FORMAT_VERSION:
        raise UserError(
            f"{file} has format_version {read.format_version}; this pali_tf "
            f"reads {FORMAT_VERSION}."
        )
    _check_base(file, base, _base(sizes))
    config = LoRAConfig(rank=read.rank, target=read.target)
    if current not in (None, config):
        raise UserError(
            f"{folder} holds {config}; the model has {current} already."
        )
    source = SafetensorsSource(require(folder, WEIGHTS))
    stored = {
        name: source.read(name, whole(info.shape))
        for name, info in source.infos.items()
    }
    if digest(stored) in merged:
        raise UserError(
            f"{folder} was merged into this model, which would apply it twice: "
            "use the model as it is, or load the adapter beside the model that "
            "it was trained on."
        )
    if current is None:
        with no_draws_scope():
            enable_lora(model, config)
    load_weights(adapters_by_path(model), source)
    return config


def digest(adapters: Mapping[str, Any]) -> str:
    """Gives the SHA-256 of adapters, arrays or variables by parameter path."""
    found = hashlib.sha256()
    for path in sorted(adapters):
        values = keras.ops.convert_to_numpy(adapters[path])
        found.update(path.encode() + np.float32(values).tobytes())
    return found.hexdigest()


def _base(sizes: PaliConfig) -> dict[str, Any]:
    """The sizes that an adapter must fit."""
    fields = dataclasses.asdict(sizes)
    for tower in ("vision", "language"):
        fields[tower] = {
            name: value
            for name, value in fields[tower].items()
            if name not in _MAY_DIFFER
        }
    return fields


def _check_base(file: Path, base: Any, expected: dict[str, Any]) -> None:
    if base == expected:
        return
    differing = [
        f"{tower}.{name} is {base[tower].get(name)!r}, here {value!r}"
        for tower in ("vision", "language")
        if isinstance(base, dict) and isinstance(base.get(tower), dict)
        for name, value in expected[tower].items()
        if base[tower].get(name) != value
    ]
    raise UserError(
        f"{file} is for a model of other sizes: "
        f"{'; '.join(differing) or repr(base)}."
    )
