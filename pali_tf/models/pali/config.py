"""Sizes of PaLI; standard library only."""

import dataclasses

from pali_tf.errors import UserError, nearest
from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.vit import config as vit_config
from pali_tf.models.vit.config import ViTConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaliConfig:
    """The two towers and what joins them.

    Attributes:
        connector_bias: whether the projection from vision to language has a
            bias. The paper does not say; see docs/PAPER.md.
    """

    vision: ViTConfig
    language: MT5Config
    connector_bias: bool = False

    def unrolled(self) -> "PaliConfig":
        """The same model as exports and presets hold it.

        Its blocks are layers of their own, which can be quantized and
        adapted, and nothing is computed twice.
        """
        plain = {"scan_layers": False, "remat_policy": "none"}
        return dataclasses.replace(
            self,
            vision=dataclasses.replace(self.vision, **plain),
            language=dataclasses.replace(self.language, **plain),
        )


# By name: ViT, mT5. Source: PaLI appendix, table "model sizes"; 5B: appendix,
# "additional scaling results". "tiny" is ours.
_SIZES = {
    "tiny": ("tiny", "tiny"),
    "3b": ("G/14", "large"),
    "5b": ("e/14", "large"),
    "15b": ("G/14", "xxl"),
    "17b": ("e/14", "xxl"),
}
SIZES: tuple[str, ...] = tuple(_SIZES)


def get_config(
    name: str,
    *,
    image_size: int | None = None,
    dropout_rate: float = 0.0,
    dtype: str = "float32",
    scan_layers: bool = False,
    remat_policy: str = "none",
) -> PaliConfig:
    """Gives the configuration of a named size.

    Args:
        name: one of SIZES.
        image_size: side of the square image in pixels; None: 64 for tiny,
            224 otherwise.
        dropout_rate: of the language part, in [0, 1).
        dtype: "float32" or "bfloat16", of activations.
        scan_layers: whether the blocks of each tower are scanned.
        remat_policy: what each tower keeps for its gradient: "none", "block"
            or "full".

    Raises:
        UserError: an unknown name.

    Example: get_config("17b").vision.width == 1792.
    """
    if name not in _SIZES:
        raise UserError(f"There is no PaLI {name!r}{nearest(name, SIZES)}")
    vision, language = _SIZES[name]
    shared: dict[str, object] = {
        "dtype": dtype,
        "scan_layers": scan_layers,
        "remat_policy": remat_policy,
    }
    of_vision = dict(shared)
    if name == "tiny":
        # A table this large keeps place in features learned in minutes.
        of_vision["position_stddev"] = 0.5
    of_vision["image_size"] = image_size or (64 if name == "tiny" else 224)
    return PaliConfig(
        vision=vit_config.get_config(vision, **of_vision),
        language=mt5_config.get_config(
            language, dropout_rate=dropout_rate, **shared
        ),
    )
