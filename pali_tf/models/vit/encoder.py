"""The vision transformer up to its patch tokens."""

import keras
from jaxtyping import Float, UInt8
from keras import ops

from pali_tf.layers.attention import MultiHeadAttention
from pali_tf.layers.feed_forward import FeedForward
from pali_tf.layers.patch_embedding import PatchEmbedding
from pali_tf.layers.position_embedding import PositionEmbedding
from pali_tf.layers.stack import make_stack
from pali_tf.models.precision import keras_policy
from pali_tf.models.vit.config import ViTConfig
from pali_tf.types import Array


class EncoderBlock(keras.layers.Layer):
    """Pre-norm block: x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, config: ViTConfig, **kwargs):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.pre_attention_norm = keras.layers.LayerNormalization(
            epsilon=1e-6, dtype=policy, name="pre_attention_layer_norm"
        )
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

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the four parts for inputs [B, P, D]."""
        self.pre_attention_norm.build(input_shape)
        self.attention.build(input_shape)
        self.pre_mlp_norm.build(input_shape)
        self.mlp.build(input_shape)

    def call(self, x: Float[Array, "B P D"]) -> Float[Array, "B P D"]:
        """Runs both parts."""
        x = x + self.attention(self.pre_attention_norm(x))
        return x + self.mlp(self.pre_mlp_norm(x))


class VisionEncoder(keras.layers.Layer):
    """Gives the patch tokens of images, after the last norm, unpooled.

    Source: PaLI section 3.1; google-research/big_vision models/vit.py.
    """

    def __init__(self, config: ViTConfig, **kwargs):
        super().__init__(dtype=keras_policy(config.dtype), **kwargs)
        self.config = config
        policy = self.dtype_policy
        self.patch_embedding = PatchEmbedding(
            config.patch_size,
            config.width,
            dtype=policy,
            name="patch_embedding",
        )
        self.position_embedding = PositionEmbedding(
            config.position_stddev, dtype=policy, name="position_embedding"
        )
        self.stack = make_stack(
            lambda name: EncoderBlock(config, dtype=policy, name=name),
            config.depth,
            scan_layers=config.scan_layers,
            remat_policy=config.remat_policy,
            dtype=policy,
        )
        self.encoder_norm = keras.layers.LayerNormalization(
            epsilon=1e-6, dtype=policy, name="encoder_norm"
        )

    def build(self, input_shape: tuple | None = None) -> None:
        """Builds every part; the shapes follow from the configuration."""
        tokens_shape = (None, self.config.num_patches, self.config.width)
        self.patch_embedding.build()
        self.position_embedding.build(tokens_shape)
        self.stack.build(tokens_shape)
        self.encoder_norm.build(tokens_shape)

    def call(self, images: UInt8[Array, "B H W 3"]) -> Float[Array, "B P D"]:
        """Encodes images."""
        # Pixels to [-1, 1], as the ViT's pre-training (ViT scaling paper,
        # appendix C); on the device, so that bytes travel to it.
        x = ops.cast(images, "float32") / 127.5 - 1.0
        x = self.patch_embedding(ops.cast(x, self.compute_dtype))
        x = self.position_embedding(x)
        x, _ = self.stack.run(lambda block, x: (block(x), ()), x)
        return self.encoder_norm(x)
