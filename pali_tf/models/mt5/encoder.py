"""The mT5 encoder, over embedded tokens of any origin."""

import keras
from jaxtyping import Bool, Float, Float32

from pali_tf.layers.attention import MultiHeadAttention
from pali_tf.layers.feed_forward import GatedFeedForward
from pali_tf.layers.masks import make_padding_mask, mask_to_bias
from pali_tf.layers.relative_position import RelativePositionBias
from pali_tf.layers.rms_norm import RMSNorm
from pali_tf.layers.stack import make_stack
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.precision import keras_policy
from pali_tf.types import Array


class EncoderBlock(keras.layers.Layer):
    """Pre-norm block: x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, config: MT5Config, **kwargs):
        # The bias stays float32 when the compute type is bfloat16.
        super().__init__(autocast=False, **kwargs)
        policy = self.dtype_policy
        self.pre_attention_norm = RMSNorm(
            dtype=policy, name="pre_attention_layer_norm"
        )
        self.attention = MultiHeadAttention(
            num_heads=config.num_heads,
            head_dim=config.head_dim,
            dropout_rate=config.dropout_rate,
            dtype=policy,
            name="attention",
        )
        self.pre_mlp_norm = RMSNorm(dtype=policy, name="pre_mlp_layer_norm")
        self.mlp = GatedFeedForward(
            config.mlp_dim, config.dropout_rate, dtype=policy, name="mlp"
        )
        self.dropout = make_dropout(config.dropout_rate, policy)

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        """Builds the four parts for inputs [B, S, D]."""
        self.pre_attention_norm.build(x_shape)
        self.attention.build(x_shape)
        self.pre_mlp_norm.build(x_shape)
        self.mlp.build(x_shape)

    def call(
        self,
        x: Float[Array, "B S D"],
        bias: Float32[Array, "B N S S"],
        training: bool = False,
    ) -> Float[Array, "B S D"]:
        """Adds `bias` to the attention's logits."""
        y = self.attention(
            self.pre_attention_norm(x), bias=bias, training=training
        )
        x = x + self.dropout(y, training=training)
        y = self.mlp(self.pre_mlp_norm(x), training=training)
        return x + self.dropout(y, training=training)


class Encoder(keras.layers.Layer):
    """Bidirectional self-attention over one sequence.

    Source: google-research/t5x examples/t5/network.py, Encoder.
    """

    def __init__(self, config: MT5Config, **kwargs):
        super().__init__(
            dtype=keras_policy(config.dtype), autocast=False, **kwargs
        )
        self.config = config
        policy = self.dtype_policy
        self.relpos_bias = RelativePositionBias(
            config.num_heads,
            bidirectional=True,
            num_buckets=config.num_buckets,
            max_distance=config.max_distance,
            name="relpos_bias",
        )
        self.stack = make_stack(
            lambda name: EncoderBlock(config, dtype=policy, name=name),
            config.num_encoder_layers,
            scan_layers=config.scan_layers,
            remat_policy=config.remat_policy,
            dtype=policy,
        )
        self.encoder_norm = RMSNorm(dtype=policy, name="encoder_norm")
        self.dropout = make_dropout(config.dropout_rate, policy)

    def build(self, x_shape: tuple | None = None) -> None:
        """Builds every part; the shapes follow from the configuration."""
        shape = (None, None, self.config.emb_dim)
        self.relpos_bias.build()
        self.stack.build(shape)
        self.encoder_norm.build(shape)

    def call(
        self,
        x: Float[Array, "B S D"],
        valid: Bool[Array, "B S"],
        training: bool = False,
    ) -> Float[Array, "B S D"]:
        """Encodes embedded tokens.

        Positions that are not valid are looked at by none.
        """
        positions = keras.ops.arange(keras.ops.shape(x)[1])
        relative = self.relpos_bias(positions, positions)
        padding = mask_to_bias(make_padding_mask(valid))

        def step(block, x):
            # Their sum is [B, N, S, S]: within the block it need not be kept.
            return block(x, relative + padding, training=training), ()

        x, _ = self.stack.run(
            step, self.dropout(x, training=training), training=training
        )
        return self.dropout(self.encoder_norm(x), training=training)


def make_dropout(rate: float, policy: object) -> keras.layers.Dropout:
    """Dropout that is the same for every position, as T5X's.

    Source: google-research/t5x examples/t5/network.py, broadcast_dims=(-2,).
    """
    return keras.layers.Dropout(rate, noise_shape=(None, 1, None), dtype=policy)
