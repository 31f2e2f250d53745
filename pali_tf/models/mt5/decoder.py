"""The mT5 decoder: teacher-forced, or one position at a time on a cache."""

from typing import Any, NamedTuple

import keras
from jaxtyping import Bool, Float, Float32, Int
from keras import ops

from pali_tf.layers.activation_sharding import constrain
from pali_tf.layers.attention import KeysValues, MultiHeadAttention
from pali_tf.layers.dense import Dense
from pali_tf.layers.feed_forward import GatedFeedForward
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.layers.kv_cache import KVCache, make_cache
from pali_tf.layers.masks import (
    make_causal_mask,
    make_padding_mask,
    mask_to_bias,
)
from pali_tf.layers.relative_position import RelativePositionBias
from pali_tf.layers.rms_norm import RMSNorm
from pali_tf.layers.stack import make_stack
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.mt5.encoder import make_dropout
from pali_tf.models.precision import keras_policy
from pali_tf.types import Array


class DecoderMemory(NamedTuple):
    """What decoding needs of the encoder's output, computed once.

    Attributes:
        keys_values: of each block, in the form of the decoder's stack.
        cross_bias: masks the padding of the encoder.
        self_bias: relative and causal, by position.
    """

    keys_values: Any
    cross_bias: Float32[Array, "B 1 1 S"]
    self_bias: Float32[Array, "1 N T T"]


class DecoderBlock(keras.layers.Layer):
    """Self-attention, cross-attention, mlp; each pre-norm and residual.

    The R rows of `x` are K hypotheses of each of B examples, in turn. In the
    cross-attention they are K*T queries of the example, so that they share
    its keys and values.
    """

    def __init__(self, config: MT5Config, **kwargs):
        # The biases stay float32 when the compute type is bfloat16.
        super().__init__(autocast=False, **kwargs)
        policy = self.dtype_policy

        def attention(name: str) -> MultiHeadAttention:
            return MultiHeadAttention(
                num_heads=config.num_heads,
                head_dim=config.head_dim,
                dropout_rate=config.dropout_rate,
                dtype=policy,
                name=name,
            )

        self.pre_self_attention_norm = RMSNorm(
            dtype=policy, name="pre_self_attention_layer_norm"
        )
        self.self_attention = attention("self_attention")
        self.pre_cross_attention_norm = RMSNorm(
            dtype=policy, name="pre_cross_attention_layer_norm"
        )
        self.cross_attention = attention("encoder_decoder_attention")
        self.pre_mlp_norm = RMSNorm(dtype=policy, name="pre_mlp_layer_norm")
        self.mlp = GatedFeedForward(
            config.mlp_dim, config.dropout_rate, dtype=policy, name="mlp"
        )
        self.dropout = make_dropout(config.dropout_rate, policy)

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        """Builds the six parts for inputs [B, T, D]."""
        for part in (
            self.pre_self_attention_norm,
            self.self_attention,
            self.pre_cross_attention_norm,
            self.cross_attention,
            self.pre_mlp_norm,
            self.mlp,
        ):
            part.build(x_shape)

    def call(
        self,
        x: Float[Array, "R T D"],
        keys_values: KeysValues,
        self_bias: Float32[Array, "1 N T T"],
        cross_bias: Float32[Array, "B 1 1 S"],
        training: bool = False,
    ) -> Float[Array, "R T D"]:
        """Reads all positions at once."""
        y = self.self_attention(
            self.pre_self_attention_norm(x), bias=self_bias, training=training
        )
        x = x + self.dropout(y, training=training)
        return self._cross_and_mlp(x, keys_values, cross_bias, training)

    def decode_step(
        self,
        x: Float[Array, "R 1 D"],
        cache: KVCache,
        position: Int[Array, ""],
        keys_values: KeysValues,
        self_bias: Float32[Array, "1 N 1 T"],
        cross_bias: Float32[Array, "B 1 1 S"],
    ) -> tuple[Float[Array, "R 1 D"], KVCache]:
        """Reads one position; gives the cache after it, too."""
        y, cache = self.self_attention.decode_step(
            self.pre_self_attention_norm(x), cache, position, self_bias
        )
        x = self._cross_and_mlp(x + y, keys_values, cross_bias, False)
        return x, cache

    def _cross_and_mlp(
        self,
        x: Float[Array, "R T D"],
        keys_values: KeysValues,
        cross_bias: Float32[Array, "B 1 1 S"],
        training: bool,
    ) -> Float[Array, "R T D"]:
        rows, length, width = ops.shape(x)
        num_examples = ops.shape(cross_bias)[0]
        y = self.cross_attention(
            ops.reshape(
                self.pre_cross_attention_norm(x), (num_examples, -1, width)
            ),
            keys_values,
            bias=cross_bias,
            training=training,
        )
        y = ops.reshape(y, (rows, length, width))
        x = x + self.dropout(y, training=training)
        y = self.mlp(self.pre_mlp_norm(x), training=training)
        return x + self.dropout(y, training=training)


class Decoder(keras.layers.Layer):
    """Causal decoder with its own output projection to float32 logits.

    Source: google-research/t5x examples/t5/network.py, Decoder, with
    logits_via_embedding=False.
    """

    def __init__(self, config: MT5Config, **kwargs):
        super().__init__(
            dtype=keras_policy(config.dtype), autocast=False, **kwargs
        )
        self.config = config
        policy = self.dtype_policy
        self.relpos_bias = RelativePositionBias(
            config.num_heads,
            bidirectional=False,
            num_buckets=config.num_buckets,
            max_distance=config.max_distance,
            name="relpos_bias",
        )
        self.stack = make_stack(
            lambda name: DecoderBlock(config, dtype=policy, name=name),
            config.num_decoder_layers,
            scan_layers=config.scan_layers,
            remat_policy=config.remat_policy,
            dtype=policy,
        )
        self.decoder_norm = RMSNorm(dtype=policy, name="decoder_norm")
        self.dropout = make_dropout(config.dropout_rate, policy)
        self.logits_dense = Dense(
            config.vocab_size,
            use_bias=False,
            kernel_initializer=VarianceScaling(1.0, "fan_in"),
            dtype="float32",
            name="logits_dense",
        )

    def build(self, x_shape: tuple | None = None) -> None:
        """Builds every part; the shapes follow from the configuration."""
        shape = (None, None, self.config.emb_dim)
        self.relpos_bias.build()
        self.stack.build(shape)
        self.decoder_norm.build(shape)
        self.logits_dense.build(shape)

    def make_memory(
        self,
        encoded: Float[Array, "B S D"],
        encoder_valid: Bool[Array, "B S"],
        length: int,
    ) -> DecoderMemory:
        """Projects the encoder's output once for all positions."""
        positions = ops.arange(length)
        return DecoderMemory(
            keys_values=self.stack.collect(
                lambda block, encoded: (
                    block.cross_attention.project_keys_values(encoded)
                ),
                encoded,
            ),
            cross_bias=mask_to_bias(make_padding_mask(encoder_valid)),
            self_bias=self.relpos_bias(positions, positions)
            + mask_to_bias(make_causal_mask(length)),
        )

    def call(
        self,
        x: Float[Array, "R T D"],
        memory: DecoderMemory,
        training: bool = False,
    ) -> Float32[Array, "R T V"]:
        """Teacher forcing.

        R is a multiple of the memory's B, an example's rows in turn.
        """

        def step(block, x, keys_values):
            x = block(
                x,
                keys_values,
                memory.self_bias,
                memory.cross_bias,
                training=training,
            )
            return x, ()

        x, _ = self.stack.run(
            step,
            self.dropout(x, training=training),
            memory.keys_values,
            training=training,
        )
        x = self.dropout(self.decoder_norm(x), training=training)
        return self._logits(x)

    def make_caches(self, num_rows: Int[Array, ""] | int, length: int) -> Any:
        """Empty caches of `length` positions, in the stack's form."""
        config = self.config
        return self.stack.collect(
            lambda block, x: make_cache(
                length,
                num_rows,
                config.num_heads,
                config.head_dim,
                self.compute_dtype,
            ),
            ops.zeros((1, 1, 1)),
        )

    def decode_step(
        self,
        x: Float[Array, "R 1 D"],
        caches: Any,
        position: Int[Array, ""],
        memory: DecoderMemory,
    ) -> tuple[Float32[Array, "R V"], Any]:
        """One position.

        `x` is the embedded token before. Gives the logits and the caches after.
        """
        row = ops.take(memory.self_bias, position, axis=2)[:, :, None]

        def step(block, x, cache, keys_values):
            return block.decode_step(
                x, cache, position, keys_values, row, memory.cross_bias
            )

        x, caches = self.stack.run(step, x, caches, memory.keys_values)
        return self._logits(self.decoder_norm(x))[:, 0], caches

    def _logits(self, x: Float[Array, "R T D"]) -> Float32[Array, "R T V"]:
        return constrain(self.logits_dense(x), ("batch", "length", "vocab"))
