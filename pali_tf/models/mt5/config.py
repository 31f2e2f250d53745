"""Sizes of mT5; standard library only."""

import dataclasses
from typing import Any

from pali_tf.errors import UserError, nearest
from pali_tf.models.precision import keras_policy
from pali_tf.models.rematerialisation import check_remat_policy

# 250,100 pieces, rounded up to a multiple of 128.
# Source: google-research/t5x examples/t5/mt5/base.gin.
MT5_VOCAB_SIZE = 250_112


@dataclasses.dataclass(frozen=True, kw_only=True)
class MT5Config:
    """Shape of an mT5 encoder-decoder.

    Attributes:
        vocab_size: V, rows of the embedding table.
        emb_dim: D.
        num_heads: N.
        head_dim: H; N*H need not be D.
        mlp_dim: F, width of the gated hidden layer.
        dropout_rate: in [0, 1).
        num_buckets: of the relative position bias.
        max_distance: beyond it all distances share a bucket.
        dtype: "float32" or "bfloat16", of activations.
        scan_layers: whether the blocks are one, scanned over stacked weights;
            for training large towers. Exports and presets are unrolled.
        remat_policy: "none", "block" or "full"; see layers.stack.Stack.

    Source: google-research/t5x examples/t5/network.py, T5Config.
    """

    vocab_size: int = MT5_VOCAB_SIZE
    emb_dim: int
    num_heads: int
    num_encoder_layers: int
    num_decoder_layers: int
    head_dim: int = 64
    mlp_dim: int
    dropout_rate: float = 0.0
    num_buckets: int = 32
    max_distance: int = 128
    dtype: str = "float32"
    scan_layers: bool = False
    remat_policy: str = "none"

    def __post_init__(self) -> None:
        keras_policy(self.dtype)
        check_remat_policy(self.remat_policy)
        if not 0 <= self.dropout_rate < 1:
            raise UserError(
                f"dropout_rate is {self.dropout_rate}, not in [0, 1)."
            )


_FIELDS = (
    "vocab_size",
    "emb_dim",
    "num_heads",
    "num_encoder_layers",
    "num_decoder_layers",
    "head_dim",
    "mlp_dim",
)
# By name, in the order of these fields.
# Source: google-research/t5x examples/t5/mt5/*.gin. "tiny" is ours.
_SIZES = {
    "tiny": (2048, 128, 4, 2, 2, 32, 256),
    "small": (MT5_VOCAB_SIZE, 512, 6, 8, 8, 64, 1024),
    "base": (MT5_VOCAB_SIZE, 768, 12, 12, 12, 64, 2048),
    "large": (MT5_VOCAB_SIZE, 1024, 16, 24, 24, 64, 2816),
    "xl": (MT5_VOCAB_SIZE, 2048, 32, 24, 24, 64, 5120),
    "xxl": (MT5_VOCAB_SIZE, 4096, 64, 24, 24, 64, 10240),
}
SIZES: tuple[str, ...] = tuple(_SIZES)


def get_config(name: str, **overrides: Any) -> MT5Config:
    """Gives the configuration of a named size.

    Raises:
        UserError: an unknown name.

    Example: get_config("xxl").emb_dim == 4096.
    """
    if name not in _SIZES:
        raise UserError(f"There is no mT5 {name!r}{nearest(name, SIZES)}")
    sizes: dict[str, Any] = dict(zip(_FIELDS, _SIZES[name], strict=True))
    return MT5Config(**sizes | overrides)
