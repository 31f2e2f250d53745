"""The vision transformer as an image classifier, for its pre-training."""

import keras
from jaxtyping import Float, Float32, UInt8
from keras import ops

from pali_tf.layers.attention import MultiHeadAttention
from pali_tf.layers.dense import Dense
from pali_tf.layers.feed_forward import FeedForward
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.models.precision import keras_policy
from pali_tf.models.vit.config import ViTConfig
from pali_tf.models.vit.encoder import VisionEncoder
from pali_tf.types import Array


class MAPHead(keras.layers.Layer):
    """Multi-head attention pooling: one learned query over all tokens.

    Source: Scaling Vision Transformers (2106.04560), section 3.2;
    google-research/big_vision models/vit.py, MAPHead.
    """

    def __init__(self, config: ViTConfig, **kwargs):
        super().__init__(dtype=keras_policy(config.dtype), **kwargs)
        self.config = config
        policy = self.dtype_policy
        self.attention = MultiHeadAttention(
            num_heads=config.num_heads,
            head_dim=config.head_dim,
            use_bias=True,
            scale_logits=True,
            dtype=policy,
            name="attention",
        )
        self.pre_mlp_norm = keras.layers.LayerNormalization(
            epsilon=1e-6, dtype=policy, name="pre_mlp_layer_norm"
        )
        self.mlp = FeedForward(config.mlp_dim, dtype=policy, name="mlp")

    def build(self, input_shape: tuple | None = None) -> None:
        """Creates probe: float32[1, D], and builds the parts."""
        width = self.config.width
        self.probe = self.add_weight(
            name="probe",
            shape=(1, width),
            initializer=VarianceScaling(1.0, "fan_avg", "uniform"),
        )
        for part in (self.attention, self.pre_mlp_norm, self.mlp):
            part.build((None, 1, width))

    def call(self, tokens: Float[Array, "B P D"]) -> Float[Array, "B D"]:
        """Pools all tokens of an image."""
        batch = ops.shape(tokens)[0]
        probe = ops.broadcast_to(
            self.probe[None], (batch, 1, self.config.width)
        )
        keys_values = self.attention.project_keys_values(tokens)
        x = self.attention(probe, keys_values)
        x = x + self.mlp(self.pre_mlp_norm(x))
        return x[:, 0]


class VisionClassifier(keras.Model):
    """Tokens, attention pooling, one logit a class.

    Args:
        config: the shape of the tower.
        num_classes: int. C.
        bias_init: float. Initial bias of the logits: the logarithm of the
            odds of a class that is seldom present (ViT-G: -10).

    Source: Scaling Vision Transformers (2106.04560), appendix C.
    """

    def __init__(
        self,
        config: ViTConfig,
        num_classes: int,
        bias_init: float = -10.0,
        **kwargs,
    ):
        super().__init__(dtype=keras_policy(config.dtype), **kwargs)
        self.config = config
        self.vision = VisionEncoder(config, name="vision")
        self.map_head = MAPHead(config, name="map_head")
        self.head = Dense(
            num_classes,
            kernel_initializer=VarianceScaling(1.0, "fan_avg", "uniform"),
            bias_initializer=keras.initializers.Constant(bias_init),
            dtype="float32",
            name="head",
        )

    def build(self, input_shape: tuple | None = None) -> None:
        """Builds the tower and both heads."""
        self.vision.build()
        self.map_head.build()
        self.head.build((None, self.config.width))

    def call(self, images: UInt8[Array, "B H W 3"]) -> Float32[Array, "B C"]:
        """Gives the logits."""
        return self.head(self.map_head(self.vision(images)))
