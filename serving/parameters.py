"""Puts the parameters of a checkpoint into a Keras model."""

from collections.abc import Mapping
from typing import Any

import keras

from pali_tf.errors import UserError, nearest
from pali_tf.models.parameter_path import parameters_by_path


def assign_parameters(model: keras.Model, values: Mapping[str, Any]) -> int:
    """Assigns every parameter of a model by its path.

    Args:
        model: built, on any backend.
        values: arrays by parameter path, such as "encoder/relpos_bias/...":
            the model's, no more and no less.

    Returns:
        How many numbers they hold.

    Raises:
        UserError: a parameter is missing, is not known, or has another
            shape; nothing has been assigned then.
    """
    variables = parameters_by_path(model)
    missing = sorted(variables.keys() - values.keys())
    if missing:
        raise UserError(
            f"The checkpoint lacks {len(missing)} of the model's "
            f"{len(variables)} parameters, such as {missing[0]!r}: is it a "
            "checkpoint of the whole model, and of this size?"
        )
    for path in sorted(values.keys() - variables.keys()):
        raise UserError(
            f"The checkpoint holds {path!r}, which the model has not"
            f"{nearest(path, variables)}"
        )
    for path, variable in variables.items():
        if tuple(values[path].shape) != tuple(variable.shape):
            raise UserError(
                f"{path} has shape {tuple(values[path].shape)} in the "
                f"checkpoint and {tuple(variable.shape)} in the model."
            )
    for path, variable in variables.items():
        variable.assign(values[path])
    return sum(value.size for value in values.values())
