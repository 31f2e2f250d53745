"""The two feed-forward blocks: mT5's gated one and the ViT's plain one."""

import functools

import keras
from jaxtyping import Float
from keras import ops

from pali_tf.layers.activation_sharding import constrain
from pali_tf.layers.dense import Dense
from pali_tf.layers.initializers import RandomNormal, VarianceScaling
from pali_tf.types import Array

# keras.activations.gelu is exact by default; mT5 and big_vision use tanh.
gelu = functools.partial(ops.gelu, approximate=True)


@keras.saving.register_keras_serializable("pali_tf")
class GatedFeedForward(keras.layers.Layer):
    """wo(gelu(wi_0 x) * (wi_1 x)), without biases.

    Source: google-research/t5x examples/t5/layers.py, MlpBlock with
    mlp_activations=('gelu', 'linear').
    """

    def __init__(self, mlp_dim: int, dropout_rate: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.mlp_dim = mlp_dim
        self.dropout_rate = dropout_rate
        self.dropout = keras.layers.Dropout(
            dropout_rate, noise_shape=(None, 1, None), dtype=self.dtype_policy
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates wi_0, wi_1 [D, F] and wo [F, D] for inputs [B, T, D]."""
        hidden_shape = (*input_shape[:-1], self.mlp_dim)
        for name, units, shape in (
            ("wi_0", self.mlp_dim, input_shape),
            ("wi_1", self.mlp_dim, input_shape),
            ("wo", input_shape[-1], hidden_shape),
        ):
            dense = Dense(
                units,
                use_bias=False,
                kernel_initializer=VarianceScaling(
                    1.0, "fan_in", "truncated_normal"
                ),
                dtype=self.dtype_policy,
                name=name,
            )
            setattr(self, name, dense)
            dense.build(shape)

    def call(
        self, inputs: Float[Array, "B T D"], training: bool = False
    ) -> Float[Array, "B T D"]:
        """Maps each token by itself."""
        hidden = gelu(self.wi_0(inputs)) * self.wi_1(inputs)
        hidden = constrain(hidden, ("batch", "length", "mlp"))
        return self.wo(self.dropout(hidden, training=training))

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {
            **super().get_config(),
            "mlp_dim": self.mlp_dim,
            "dropout_rate": self.dropout_rate,
        }


@keras.saving.register_keras_serializable("pali_tf")
class FeedForward(keras.layers.Layer):
    """wo(gelu(wi x)), with biases.

    Source: google-research/big_vision models/vit.py, MlpBlock.
    """

    def __init__(self, mlp_dim: int, **kwargs):
        super().__init__(**kwargs)
        self.mlp_dim = mlp_dim

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates wi [D, F] and wo [F, D] with biases for inputs [B, P, D]."""
        for name, units, shape in (
            ("wi", self.mlp_dim, input_shape),
            ("wo", input_shape[-1], (*input_shape[:-1], self.mlp_dim)),
        ):
            dense = Dense(
                units,
                kernel_initializer=VarianceScaling(1.0, "fan_avg", "uniform"),
                bias_initializer=RandomNormal(stddev=1e-6),
                dtype=self.dtype_policy,
                name=name,
            )
            setattr(self, name, dense)
            dense.build(shape)

    def call(self, inputs: Float[Array, "B P D"]) -> Float[Array, "B P D"]:
        """Maps each token by itself."""
        hidden = constrain(gelu(self.wi(inputs)), ("batch", "length", "mlp"))
        return self.wo(hidden)

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {**super().get_config(), "mlp_dim": self.mlp_dim}
