"""Weights as int8 with a scale for each column, through Keras' own.

Only weights: activations stay as they are, and a kernel is multiplied in the
activations' type. So nothing need be calibrated.
"""

import contextlib
import dataclasses
import gc
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from pali_tf.errors import UserError
from pali_tf.models.projections import find_projections, projections

# The blocks' projections. Tables and logits stay float: they are looked up or
# decide between 250,000 tokens.
DEFAULT_TARGET = r"(vision|encoder|decoder)/layers_\d+/.*"


@dataclasses.dataclass(frozen=True, kw_only=True)
class QuantizationConfig:
    """What is quantized.

    `target` is a regex over whole parameter paths of kernels and tables.
    """

    mode: str = "int8"
    target: str = DEFAULT_TARGET

    def __post_init__(self) -> None:
        if self.mode != "int8":
            raise UserError(
                f"The mode of quantization is {self.mode!r}; there is 'int8'."
            )
        try:
            re.compile(self.target)
        except re.error as error:
            raise UserError(
                f"The target of quantization {self.target!r} is not a regular "
                f"expression: {error}."
            ) from error


def quantize(model: keras.Model, config: QuantizationConfig) -> tuple[str, ...]:
    """Quantizes the weights of projections that are not yet.

    The stacks are unrolled. Gives the parameter paths of the kernels and
    tables.

    Raises:
        UserError: the target matches nothing that can be quantized.
    """
    chosen = find_projections(model, config.target)
    with _short_collections():
        _quantize_each(chosen)
    return tuple(chosen)


def build_quantized(model: Any, config: QuantizationConfig) -> None:
    """Builds a model whose weights are int8 from the start.

    A block is quantized as soon as it is built: the model is never in memory
    as floats.
    """
    pattern = re.compile(config.target)
    for stack in (
        model.vision.stack,
        model.encoder.stack,
        model.decoder.stack,
    ):
        for block in stack.blocks:
            block.build = _then_quantize(block, pattern)
    with _short_collections():
        model.build()
        _quantize_each(find_projections(model, config.target))


def _then_quantize(
    block: keras.layers.Layer, pattern: re.Pattern[str]
) -> Callable[[Any], None]:
    build = block.build

    def build_and_quantize(shape: Any) -> None:
        build(shape)
        block.build = build
        found = projections(block)
        _quantize_each({p: x for p, x in found.items() if pattern.fullmatch(p)})

    return build_and_quantize


def _quantize_each(layers: Mapping[str, Any]) -> None:
    weights_only = keras.quantizers.Int8QuantizationConfig(
        activation_quantizer=None
    )
    for layer in layers.values():
        if layer.quantization_mode is None:
            layer.quantize("int8", config=weights_only)


@contextlib.contextmanager
def _short_collections() -> Iterator[None]:
    """Lets a collection of garbage look at new objects alone.

    Keras collects after each kernel that it deletes; over all objects of a
    process that takes 0.3 s, some hundred times.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
