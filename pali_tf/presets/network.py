"""The Keras model of a preset, and how its functions are run."""

import functools
from collections.abc import Callable
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


def make_program(network: Pali) -> Callable[..., Any]:
    """Gives what runs functions of a model on Keras' backend.

    It is compiled once for each shape: the model's variables may take new
    values, but not new shapes.

    Returns:
        program(fn, *arrays, **static), which gives fn(network, *arrays,
        **static) as NumPy arrays.

    Raises:
        ValueError: Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend not in _PROGRAMS:
        raise ValueError(
            f"Keras runs on {backend!r}; set KERAS_BACKEND to jax or "
            "tensorflow before keras is imported."
        )
    return _PROGRAMS[backend](network)


def _make_jax_program(network: Pali) -> Callable[..., Any]:
    import jax

    variables = network.variables

    @functools.partial(jax.jit, static_argnames=("fn", "static"))
    def run(values: Any, arrays: Any, *, fn: Any, static: Any) -> Any:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return fn(network, *arrays, **dict(static))

    def program(fn: Callable[..., Any], *arrays: Any, **static: Any) -> Any:
        values = [variable.value for variable in variables]
        fixed = tuple(sorted(static.items()))
        return jax.device_get(run(values, arrays, fn=fn, static=fixed))

    return program


def _make_tensorflow_program(network: Pali) -> Callable[..., Any]:
    import tensorflow as tf

    @functools.cache
    def graph_of(fn: Callable[..., Any], **static: Any) -> Any:
        return tf.function(
            lambda *tensors: fn(network, *tensors, **static), autograph=False
        )

    def program(fn: Callable[..., Any], *arrays: Any, **static: Any) -> Any:
        outputs = graph_of(fn, **static)(*map(tf.constant, arrays))
        return tf.nest.map_structure(lambda x: x.numpy(), outputs)

    return program


_PROGRAMS = {"jax": _make_jax_program, "tensorflow": _make_tensorflow_program}
