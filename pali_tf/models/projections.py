"""The layers that Keras can quantize and adapt, by the path of their weights.

They are Dense and Embedding, wherever they are in a model.
"""

import re
from typing import Any

import keras

from pali_tf.errors import UserError, nearest
from pali_tf.models.parameter_path import parameter_path, parameters_by_path

_WEIGHTS = ("kernel", "embeddings")
_SCANNED = re.compile(r"(.*/)?layers/.*")


def projections(layer: keras.layers.Layer) -> dict[str, Any]:
    """Finds the projections below a built layer.

    The keys are the parameter paths of their kernels or tables.

    Example: the key "encoder/layers_0/attention/query/kernel".
    """
    owners = {
        id(variable): part
        # Keras lists the layers below a layer nowhere in public.
        for part in layer._flatten_layers()
        if isinstance(part, keras.layers.Dense | keras.layers.Embedding)
        for variable in part.variables
        if variable.name in _WEIGHTS
    }
    return {
        parameter_path(variable): owners[id(variable)]
        for variable in layer.variables
        if id(variable) in owners
    }


def find_projections(model: keras.Model, target: str) -> dict[str, Any]:
    """Finds the projections that a regex asks for.

    The regex is over whole parameter paths; the layers are told as by
    `projections`, at least one.

    Raises:
        UserError: it matches none, or a scanned stack, whose blocks are not
            layers of their own.
    """
    pattern = re.compile(target)
    for path in parameters_by_path(model):
        if _SCANNED.fullmatch(path) and pattern.fullmatch(path):
            raise UserError(
                f"{target!r} asks for {path}, of a scanned stack; its blocks "
                "are not layers of their own. Set scan_layers to False (gin's "
                "SCAN_LAYERS)."
            )
    found = projections(model)
    chosen = {p: layer for p, layer in found.items() if pattern.fullmatch(p)}
    if not chosen:
        raise UserError(
            f"{target!r} matches no projection as a whole"
            f"{nearest(target, found)}"
        )
    return chosen
