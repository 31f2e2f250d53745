"""T5's layer norm: a root mean square, no mean, no bias."""

import keras
from jaxtyping import Float
from keras import ops

from pali_tf.types import Array


@keras.saving.register_keras_serializable("pali_tf")
class RMSNorm(keras.layers.Layer):
    """Divides by the root mean square over the last axis, then scales.

    y = x / sqrt(mean(x^2) + epsilon) * scale. The statistics are float32
    whatever the compute type: bfloat16 squares lose three digits.

    Source: google-research/t5x examples/t5/layers.py, LayerNorm.
    """

    def __init__(self, epsilon: float = 1e-6, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `scale`: float32[D] for inputs [..., D]."""
        self.scale = self.add_weight(
            name="scale",
            shape=(input_shape[-1],),
            initializer="ones",
            autocast=False,
        )

    def call(self, inputs: Float[Array, "*any D"]) -> Float[Array, "*any D"]:
        """Gives the compute type, whatever that of the inputs."""
        x = ops.cast(inputs, "float32")
        mean_square = ops.mean(ops.square(x), axis=-1, keepdims=True)
        x = x * ops.rsqrt(mean_square + self.epsilon)
        return ops.cast(x * self.scale, self.compute_dtype)

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {**super().get_config(), "epsilon": self.epsilon}
