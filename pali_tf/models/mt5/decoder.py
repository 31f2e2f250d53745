"""The mT5 decoder: teacher-forced, or one position at a time on a cache."""

from typing import NamedTuple

import keras
from keras import ops

from pali_tf.layers.attention import MultiHeadAttention
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
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.mt5.encoder import make_dropout
from pali_tf.models.precision import keras_policy
from pali_tf.types import Array


class DecoderMemory(NamedTuple):
    """What decoding needs of the encoder's output, computed once.

    Attributes:
        keys_values: for each block, keys and values float[B, S, N, H].
        cross_bias: float32[B, 1, 1, S]. Masks the padding of the encoder.
        self_bias: float32[1, N, T, T]. Relative and causal, by position.
    """

    keys_values: tuple[tuple[Array, Array], ...]
    cross_bias: Array
    self_bias: Array


class DecoderBlock(keras.layers.Layer):
    """Self-attention, cross-attention, mlp; each pre-norm and residual."""

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
        x: Array,
        keys_values: tuple[Array, Array],
        self_bias: Array,
        cross_bias: Array,
        training: bool = False,
    ) -> Array:
        """float[B, T, D] -> float[B, T, D]."""
        y = self.self_attention(
            self.pre_self_attention_norm(x), bias=self_bias, training=training
        )
        x = x + self.dropout(y, training=training)
        return self._cross_and_mlp(x, keys_values, cross_bias, training)

    def decode_step(
        self,
        x: Array,
        cache: KVCache,
        position: Array,
        keys_values: tuple[Array, Array],
        self_bias: Array,
        cross_bias: Array,
    ) -> tuple[Array, KVCache]:
        """float[B, 1, D] -> float[B, 1, D] and the cache after."""
        y, cache = self.self_attention.decode_step(
            self.pre_self_attention_norm(x), cache, position, self_bias
        )
        x = self._cross_and_mlp(x + y, keys_values, cross_bias, False)
        return x, cache

    def _cross_and_mlp(
        self,
        x: Array,
        keys_values: tuple[Array, Array],
        cross_bias: Array,
        training: bool,
    ) -> Array:
        y = self.cross_attention(
            self.pre_cross_attention_norm(x),
            keys_values,
            bias=cross_bias,
            training=training,
        )
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
        self.blocks = [
            DecoderBlock(config, dtype=policy, name=f"layers_{i}")
            for i in range(config.num_decoder_layers)
        ]
        self.decoder_norm = RMSNorm(dtype=policy, name="decoder_norm")
        self.dropout = make_dropout(config.dropout_rate, policy)
        self.logits_dense = keras.layers.Dense(
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
        for block in self.blocks:
            block.build(shape)
        self.decoder_norm.build(shape)
        self.logits_dense.build(shape)

    def make_memory(
        self, encoded: Array, encoder_valid: Array, length: int
    ) -> DecoderMemory:
        """Projects the encoder's output once for all positions.

        Args:
            encoded: float[B, S, D].
            encoder_valid: bool[B, S].
            length: int. T, number of positions to decode.
        """
        positions = ops.arange(length)
        return DecoderMemory(
            keys_values=tuple(
                block.cross_attention.project_keys_values(encoded)
                for block in self.blocks
            ),
            cross_bias=mask_to_bias(make_padding_mask(encoder_valid)),
            self_bias=self.relpos_bias(positions, positions)
            + mask_to_bias(make_causal_mask(length)),
        )

    def call(
        self, x: Array, memory: DecoderMemory, training: bool = False
    ) -> Array:
        """Teacher forcing.

        Args:
            x: float[B, T, D]. Embedded decoder inputs.
            memory: of `make_memory` with length T.
            training: whether dropout is on.

        Returns:
            float32[B, T, V]. Logits.
        """
        x = self.dropout(x, training=training)
        for block, keys_values in zip(
            self.blocks, memory.keys_values, strict=True
        ):
            x = block(
                x,
                keys_values,
                memory.self_bias,
                memory.cross_bias,
                training=training,
            )
        x = self.dropout(self.decoder_norm(x), training=training)
        return self.logits_dense(x)

    def make_caches(
        self, batch_size: Array, length: int
    ) -> tuple[KVCache, ...]:
        """One empty cache a block, for `length` positions."""
        return tuple(
            make_cache(
                length,
                batch_size,
                self.config.num_heads,
                self.config.head_dim,
                self.compute_dtype,
            )
            for _ in self.blocks
        )

    def decode_step(
        self,
        x: Array,
        caches: tuple[KVCache, ...],
        position: Array,
        memory: DecoderMemory,
    ) -> tuple[Array, tuple[KVCache, ...]]:
        """One position.

        Args:
            x: float[B, 1, D]. The embedded token before.
            caches: of the positions before, one a block.
            position: int32[], in [0, T).
            memory: of `make_memory` with length T.

        Returns:
            float32[B, V], logits of this position, and the caches after.
        """
        row = ops.take(memory.self_bias, position, axis=2)[:, :, None]
        after = []
        for block, cache, keys_values in zip(
            self.blocks, caches, memory.keys_values, strict=True
        ):
            x, cache = block.decode_step(
                x, cache, position, keys_values, row, memory.cross_bias
            )
            after.append(cache)
        return self.logits_dense(self.decoder_norm(x))[:, 0], tuple(after)
