"""T5's relative position bias."""

import math

import keras
from jaxtyping import Float32, Int
from keras import ops

from pali_tf.layers.initializers import VarianceScaling
from pali_tf.types import Array


def relative_position_bucket(
    relative_position: Int[Array, "*any"],
    *,
    bidirectional: bool,
    num_buckets: int,
    max_distance: int,
) -> Int[Array, "*any"]:
    """Maps the distance from query to key to a bucket.

    Near distances have a bucket each; farther ones share buckets that grow
    with the logarithm of the distance up to `max_distance`.
    `relative_position` is the key's less the query's. Bidirectional (encoder),
    keys after the query have buckets of their own; otherwise they fall into
    bucket 0 (decoder).

    Example: bidirectional, 32 buckets: -1 -> 1, 0 -> 0, 1 -> 17, 200 -> 31.

    Source: google-research/t5x examples/t5/layers.py, RelativePositionBiases.
    """
    distance = -relative_position
    bucket = ops.zeros_like(distance)
    if bidirectional:
        num_buckets //= 2
        is_after = ops.cast(distance < 0, "int32")
        bucket = bucket + is_after * num_buckets
        distance = ops.abs(distance)
    else:
        distance = ops.maximum(distance, 0)
    num_exact = num_buckets // 2
    # float32 epsilon, as T5X adds, keeps log(0) out of the unused branch.
    ratio = ops.cast(distance, "float32") / num_exact + 1.1920929e-07
    log_bucket = num_exact + ops.cast(
        ops.log(ratio)
        / math.log(max_distance / num_exact)
        * (num_buckets - num_exact),
        "int32",
    )
    log_bucket = ops.minimum(log_bucket, num_buckets - 1)
    return bucket + ops.where(distance < num_exact, distance, log_bucket)


@keras.saving.register_keras_serializable("pali_tf")
class RelativePositionBias(keras.layers.Layer):
    """A learned number for each head and bucket, added to the logits."""

    def __init__(
        self,
        num_heads: int,
        bidirectional: bool,
        num_buckets: int = 32,
        max_distance: int = 128,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.bidirectional = bidirectional
        self.num_buckets = num_buckets
        self.max_distance = max_distance

    def build(self, input_shape: tuple | None = None) -> None:
        """Creates rel_embedding: float32[N, num_buckets]."""
        self.rel_embedding = self.add_weight(
            name="rel_embedding",
            shape=(self.num_heads, self.num_buckets),
            initializer=VarianceScaling(1.0, "fan_avg", "uniform"),
            autocast=False,
        )

    def call(
        self,
        query_positions: Int[Array, " Q"],
        key_positions: Int[Array, " K"],
    ) -> Float32[Array, "1 N Q K"]:
        """Gives the numbers of each pair of positions."""
        buckets = relative_position_bucket(
            key_positions[None, :] - query_positions[:, None],
            bidirectional=self.bidirectional,
            num_buckets=self.num_buckets,
            max_distance=self.max_distance,
        )
        return ops.take(self.rel_embedding, buckets, axis=1)[None]

    def get_config(self) -> dict:
        """Gives the arguments of the constructor."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "bidirectional": self.bidirectional,
            "num_buckets": self.num_buckets,
            "max_distance": self.max_distance,
        }
