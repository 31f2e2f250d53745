"""A learned vector for each position of a grid of patches."""

import keras
from jaxtyping import Float

from pali_tf.layers.initializers import RandomNormal
from pali_tf.types import Array


@keras.saving.register_keras_serializable("pali_tf")
class PositionEmbedding(keras.layers.Layer):
    """Adds a learned vector to each position.

    Args:
        initial_stddev: float. Of the initial table; None: 1/sqrt(D), as
            big_vision. A larger one keeps place in the features of a tower
            too small to learn it in minutes.

    Source: google-research/big_vision models/vit.py, `get_posemb`.
    """

    def __init__(self, initial_stddev: float | None = None, **kwargs):
        super().__init__(**kwargs)
        self.initial_stddev = initial_stddev

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        """Creates embedding: float32[P, D] for inputs [B, P, D]."""
        _, length, width = input_shape
        self.embedding = self.add_weight(
            name="embedding",
            shape=(length, width),
            initializer=RandomNormal(stddev=self.initial_stddev or width**-0.5),
        )

    def call(self, inputs: Float[Array, "B P D"]) -> Float[Array, "B P D"]:
        """Adds each position's vector."""
        return inputs + self.embedding

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {
            **super().get_config(),
            "initial_stddev": self.initial_stddev,
        }
