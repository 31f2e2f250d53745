"""Multi-head attention, for both towers."""

import keras
from jaxtyping import Float, Float32, Int
from keras import ops

from pali_tf.layers.activation_sharding import constrain
from pali_tf.layers.dense import Dense
from pali_tf.layers.initializers import VarianceScaling
from pali_tf.layers.kv_cache import KVCache, update_cache
from pali_tf.types import Array

KeysValues = tuple[Float[Array, "B N H K"], Float[Array, "B N K H"]]


@keras.saving.register_keras_serializable("pali_tf")
class MultiHeadAttention(keras.layers.Layer):
    """softmax(q k^T * scale + bias) v, with two-dimensional projections.

    Args:
        num_heads: int. N.
        head_dim: int. H.
        use_bias: whether the projections have biases (ViT: yes, T5: no).
        scale_logits: multiply the logits by 1/sqrt(H) (ViT). T5 does not; it
            folds the factor into the initial values of `query`.
        dropout_rate: float in [0, 1). Applied to the attention weights, the
            same for all queries, as T5X does.

    Source: google-research/t5x examples/t5/layers.py,
    MultiHeadDotProductAttention; google-research/big_vision models/vit.py.
    """

    def __init__(
        self,
        num_heads: int,
        head_dim: int,
        use_bias: bool = False,
        scale_logits: bool = False,
        dropout_rate: float = 0.0,
        **kwargs,
    ):
        # The bias stays float32 when the compute type is bfloat16.
        super().__init__(autocast=False, **kwargs)
        self.num_heads = num_heads
        self.head_dim = head_dim
        self.use_bias = use_bias
        self.scale_logits = scale_logits
        self.dropout_rate = dropout_rate
        self.dropout = keras.layers.Dropout(
            dropout_rate,
            noise_shape=(None, None, 1, None),
            dtype=self.dtype_policy,
        )

    def build(self, inputs_q_shape: tuple[int | None, ...]) -> None:
        """Creates query, key, value [D, N*H] and out [N*H, D].

        Queries, keys and values are projected from the same width D.
        """
        joined = self.num_heads * self.head_dim
        for name, units in (
            ("query", joined),
            ("key", joined),
            ("value", joined),
            ("out", inputs_q_shape[-1]),
        ):
            dense = Dense(
                units,
                use_bias=self.use_bias,
                kernel_initializer=self._kernel_initializer(name),
                bias_initializer="zeros",
                dtype=self.dtype_policy,
                name=name,
            )
            setattr(self, name, dense)
            dense.build(
                (*inputs_q_shape[:-1], joined)
                if name == "out"
                else inputs_q_shape
            )

    def _kernel_initializer(self, name: str) -> keras.initializers.Initializer:
        if self.scale_logits:
            return VarianceScaling(1.0, "fan_avg", "uniform")
        scale = 1.0 / self.head_dim if name == "query" else 1.0
        return VarianceScaling(scale, "fan_in", "untruncated_normal")

    def project_keys_values(
        self, inputs_kv: Float[Array, "B K D"]
    ) -> KeysValues:
        """Gives the keys and values of inputs, laid out for `call`.

        The axes stand as the matrix products of `call` read them: a decoder
        whose every step attends to the same ones would otherwise transpose
        them at every step.
        """
        return (
            ops.transpose(self._split_heads(self.key(inputs_kv)), (0, 2, 3, 1)),
            ops.transpose(
                self._split_heads(self.value(inputs_kv)), (0, 2, 1, 3)
            ),
        )

    def call(
        self,
        inputs_q: Float[Array, "B Q D"],
        keys_values: KeysValues | None = None,
        bias: Float32[Array, "#B #N #Q #K"] | None = None,
        training: bool = False,
    ) -> Float[Array, "B Q D"]:
        """Attends from `inputs_q` to `keys_values`, or else to itself."""
        if keys_values is None:
            keys_values = self.project_keys_values(inputs_q)
        key, value = keys_values
        query = self._split_heads(self.query(inputs_q))
        logits = ops.einsum("bqnh,bnhk->bnqk", query, key)
        weights = self.dropout(self._softmax(logits, bias), training=training)
        return self._merge(ops.einsum("bnqk,bnkh->bqnh", weights, value))

    def decode_step(
        self,
        inputs_q: Float[Array, "B 1 D"],
        cache: KVCache,
        position: Int[Array, ""],
        bias: Float32[Array, "#B #N 1 T"],
    ) -> tuple[Float[Array, "B 1 D"], KVCache]:
        """Attends from one position to all decoded so far.

        `bias` must mask the positions after `position`. The cache given back
        includes this position.
        """
        cache = update_cache(
            cache,
            self._split_heads(self.key(inputs_q)),
            self._split_heads(self.value(inputs_q)),
            position,
        )
        query = self._split_heads(self.query(inputs_q))
        logits = ops.einsum("bqnh,kbnh->bnqk", query, cache.key)
        weights = self._softmax(logits, bias)
        outputs = ops.einsum("bnqk,kbnh->bqnh", weights, cache.value)
        return self._merge(outputs), cache

    def _softmax(
        self,
        logits: Float[Array, "B N Q K"],
        bias: Float32[Array, "#B #N #Q #K"] | None,
    ) -> Float[Array, "B N Q K"]:
        logits = ops.cast(logits, "float32")
        if self.scale_logits:
            logits = logits * self.head_dim**-0.5
        if bias is not None:
            logits = logits + bias
        return ops.cast(ops.softmax(logits, axis=-1), self.compute_dtype)

    def _split_heads(
        self, x: Float[Array, "B Q joined"]
    ) -> Float[Array, "B Q N H"]:
        batch, length, _ = ops.shape(x)
        x = ops.reshape(x, (batch, length, self.num_heads, self.head_dim))
        return constrain(x, ("batch", "length", "heads", "kv"))

    def _merge(self, x: Float[Array, "B Q N H"]) -> Float[Array, "B Q D"]:
        batch, length, _, _ = ops.shape(x)
        joined = self.num_heads * self.head_dim
        return self.out(ops.reshape(x, (batch, length, joined)))

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "head_dim": self.head_dim,
            "use_bias": self.use_bias,
            "scale_logits": self.scale_logits,
            "dropout_rate": self.dropout_rate,
        }
