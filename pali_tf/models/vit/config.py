"""Sizes of the vision transformer; standard library only."""

import dataclasses
from typing import Any

from pali_tf.errors import UserError, nearest
from pali_tf.models.precision import keras_policy
from pali_tf.models.rematerialisation import check_remat_policy


@dataclasses.dataclass(frozen=True, kw_only=True)
class ViTConfig:
    """Shape of a vision transformer.

    Attributes:
        patch_size: side of a patch, in pixels.
        width: D, width of a token.
        depth: L, blocks.
        mlp_dim: F, width of the hidden layer of a block.
        num_heads: N; `width` must be a multiple.
        image_size: side of the square image in pixels, a multiple of
            `patch_size`.
        position_stddev: of the initial position table; None: 1/sqrt(width).
        dtype: "float32" or "bfloat16", of activations.
        scan_layers: whether the blocks are one, scanned over stacked weights;
            for training large towers. Exports and presets are unrolled.
        remat_policy: "none", "block" or "full"; see layers.stack.Stack.
    """

    patch_size: int
    width: int
    depth: int
    mlp_dim: int
    num_heads: int
    image_size: int = 224
    position_stddev: float | None = None
    dtype: str = "float32"
    scan_layers: bool = False
    remat_policy: str = "none"

    def __post_init__(self) -> None:
        keras_policy(self.dtype)
        check_remat_policy(self.remat_policy)
        if self.image_size % self.patch_size:
            below = self.image_size // self.patch_size * self.patch_size
            raise UserError(
                f"image_size {self.image_size} is not a multiple of "
                f"patch_size {self.patch_size}; the nearest are "
                f"{below} and {below + self.patch_size}."
            )
        if self.width % self.num_heads:
            raise UserError(
                f"width {self.width} is not a multiple of num_heads "
                f"{self.num_heads}."
            )

    @property
    def head_dim(self) -> int:
        """H, width of a head."""
        return self.width // self.num_heads

    @property
    def num_patches(self) -> int:
        """P, number of tokens of an image."""
        return (self.image_size // self.patch_size) ** 2


_FIELDS = ("patch_size", "width", "depth", "mlp_dim", "num_heads")
# By name, in the order of these fields.
# Source: L/16 and larger: big_vision models/vit.py, decode_variant; G/14 and
# e/14 also PaLI appendix, table "ViT-e architecture details". "tiny" is ours:
# one patch a cell of the sample's grid level.
_SIZES = {
    "tiny": (16, 128, 3, 512, 2),
    "B/16": (16, 768, 12, 3072, 12),
    "L/16": (16, 1024, 24, 4096, 16),
    "So400m/14": (14, 1152, 27, 4304, 16),
    "g/14": (14, 1408, 40, 6144, 16),
    "G/14": (14, 1664, 48, 8192, 16),
    "e/14": (14, 1792, 56, 15360, 16),
}
SIZES: tuple[str, ...] = tuple(_SIZES)


def get_config(name: str, **overrides: Any) -> ViTConfig:
    """Gives the configuration of a named size.

    Raises:
        UserError: an unknown name.

    Example: get_config("e/14").depth == 56.
    """
    if name not in _SIZES:
        raise UserError(f"There is no ViT {name!r}{nearest(name, SIZES)}")
    sizes: dict[str, Any] = dict(zip(_FIELDS, _SIZES[name], strict=True))
    return ViTConfig(**sizes | overrides)
