"""Puts LoRA's adapters into a model, through Keras' own."""

from typing import Any

import keras

from pali_tf.errors import UserError
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.models.parameter_path import parameters_by_path
from pali_tf.models.projections import find_projections


def enable_lora(
    model: keras.Model, config: LoRAConfig, *, seed: int = 0
) -> tuple[str, ...]:
    """Adds A and B to projections; B is zero, so that outputs stay the same.

    `seed` is of A's first values, where no `random_key_scope` is open. The
    stacks are unrolled. Gives the parameter paths of the adapted kernels.

    Raises:
        UserError: the target matches nothing that can be adapted, or the
            model has adapters already.
    """
    if adapters_by_path(model):
        raise UserError("The model has adapters already; it takes one set.")
    chosen = find_projections(model, config.target)
    for number, layer in enumerate(chosen.values()):
        layer.enable_lora(
            config.rank,
            # Keras' he_uniform, keyed as all that our models draw.
            a_initializer=VarianceScaling(
                2.0, "fan_in", "uniform", seed=seed + number
            ),
            b_initializer="zeros",
        )
    return tuple(chosen)


def adapters_by_path(model: keras.Model) -> dict[str, Any]:
    """Gives the variables of a model's adapters, by parameter path."""
    return {
        path: variable
        for path, variable in parameters_by_path(model).items()
        if variable.name.startswith("lora_")
    }
