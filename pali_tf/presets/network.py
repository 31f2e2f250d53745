"""The Keras model of a preset, and how its functions are run."""

from typing import Any

import keras

from pali_tf.layers.initializers import no_draws_scope
from pali_tf.models.lora.adapters import enable_lora
from pali_tf.models.pali.model import Pali
from pali_tf.models.quantization import build_quantized
from pali_tf.presets.config import PresetConfig


def build_network(config: PresetConfig) -> Pali:
    """Builds a model whose values are still to be read.

    What is to be int8 is so from the start: the model is never in memory as
    floats.
    """
    network = Pali(config.model, name="pali")
    with no_draws_scope():
        if config.quantization is None:
            network.build()
        else:
            build_quantized(network, config.quantization)
        if config.lora is not None:
            enable_lora(network, config.lora)
    return network


def make_program(network: Pali) -> Any:
    """Gives what runs functions of a model on Keras' backend.

    Returns:
        A JaxProgram or a TensorFlowProgram.

    Raises:
        ValueError: Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        from pali_tf.presets.jax_program import JaxProgram

        return JaxProgram(network)
    if backend == "tensorflow":
        from pali_tf.presets.tensorflow_program import TensorFlowProgram

        return TensorFlowProgram(network)
    raise ValueError(
        f"Keras runs on {backend!r}; set KERAS_BACKEND to jax or tensorflow "
        "before keras is imported."
    )
