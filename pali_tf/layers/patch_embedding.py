"""An image as a sequence of patch embeddings."""

import keras
from jaxtyping import Float
from keras import ops

from pali_tf.layers.dense import Dense
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.types import Array


@keras.saving.register_keras_serializable("pali_tf")
class PatchEmbedding(keras.layers.Layer):
    """Cuts an image into square patches and projects each.

    The same as a convolution whose stride is its size; written as a matrix
    product of [P, patch*patch*3], which Keras can quantize. A convolution's
    kernel [patch, patch, 3, D] reshapes to this one without a transpose.

    Source: google-research/big_vision models/vit.py, `embedding`.
    """

    def __init__(self, patch_size: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size
        self.width = width

    def build(self, input_shape: tuple | None = None) -> None:
        """Creates kernel [patch*patch*3, D] and bias [D]."""
        self.projection = Dense(
            self.width,
            kernel_initializer=VarianceScaling(1.0, "fan_in"),
            dtype=self.dtype_policy,
            name="projection",
        )
        self.projection.build((None, None, self.patch_size**2 * 3))

    def call(self, images: Float[Array, "B H W 3"]) -> Float[Array, "B P D"]:
        """Gives the patches, row by row."""
        batch, height, width, _ = ops.shape(images)
        size = self.patch_size
        rows, columns = height // size, width // size
        x = ops.reshape(images, (batch, rows, size, columns, size, 3))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(x, (batch, rows * columns, size * size * 3))
        return self.projection(x)

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "width": self.width,
        }
