"""The arrays of a preset, one after the other into a model or out of it."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.stores.safetensors_files import SafetensorsSource
from pali_tf.conversion.tensor import Tensor
from pali_tf.errors import UserError, nearest
from pali_tf.models.layout_change import change_layout
from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.models.projections import projections

# Resized where its number of patches differs.
_POSITION_TABLE = "vision/position_embedding/embedding"


def load_weights(
    variables: Mapping[str, Any], source: SafetensorsSource
) -> None:
    """Reads every variable's array; no more than one is in memory beside.

    The ViT's position table is resized where the model has another image
    size.

    Raises:
        UserError: an array is missing, is not known, or has another shape
            or kind of number.
    """
    _check(variables, source)
    for path, variable in variables.items():
        info = source.infos[path]
        values = source.read(path, whole(info.shape))
        variable.assign(change_layout({path: values}, variables)[path])


def _check(variables: Mapping[str, Any], source: SafetensorsSource) -> None:
    missing = sorted(variables.keys() - source.infos.keys())
    if missing:
        raise UserError(
            f"{source.path} lacks {len(missing)} of the model's "
            f"{len(variables)} arrays, such as {missing[0]!r}"
            f"{nearest(missing[0], source.infos)}"
        )
    for name, info in source.infos.items():
        if name not in variables:
            raise UserError(
                f"{info.file} holds {name!r}, which the model has not"
                f"{nearest(name, variables)}"
            )
        shape = tuple(variables[name].shape)
        is_table = name == _POSITION_TABLE and len(info.shape) == 2
        if info.shape != shape and not is_table:
            raise UserError(
                f"{info.file}: {name!r} has shape {info.shape}, the model's "
                f"is {shape}."
            )
        is_int8 = variables[name].dtype == "int8"
        if is_int8 != (info.dtype == np.int8):
            raise UserError(
                f"{info.file}: {name!r} is {info.dtype}, the model's is "
                f"{variables[name].dtype}: config.json's quantization says "
                "which are int8."
            )


def variable_tensors(variables: Mapping[str, Any]) -> dict[str, Tensor]:
    """Gives variables as arrays to be written, by parameter path."""
    return {
        path: _tensor(
            variable,
            lambda variable=variable: keras.ops.convert_to_numpy(variable),
        )
        for path, variable in variables.items()
    }


def merged_tensors(model: keras.Model) -> dict[str, Tensor]:
    """Gives a model's arrays with its adapters added to their kernels.

    Raises:
        UserError: an adapted kernel is int8, which cannot take it in.
    """
    tensors = {
        path: tensor
        for path, tensor in variable_tensors(parameters_by_path(model)).items()
        if "/lora_" not in path
    }
    for path, layer in projections(model).items():
        if not layer.lora_enabled:
            continue
        if layer.quantization_mode is not None:
            raise UserError(
                f"{path} is {layer.quantization_mode}: adapters are merged "
                "before a model is quantized."
            )
        variable = parameters_by_path(model)[path]
        tensors[path] = _tensor(
            variable,
            lambda layer=layer: keras.ops.convert_to_numpy(_adapted(layer)),
        )
    return tensors


def _adapted(layer: Any) -> Any:
    is_table = isinstance(layer, keras.layers.Embedding)
    return layer.embeddings if is_table else layer.kernel


def _tensor(variable: Any, read: Callable[[], np.ndarray]) -> Tensor:
    shape = tuple(variable.shape)
    return Tensor(
        shape,
        np.dtype(variable.dtype),
        shape,
        lambda: iter([(whole(shape), read().astype(variable.dtype))]),
    )
