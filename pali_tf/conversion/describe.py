"""The sizes of a model, read off the shapes of its parameters."""

import re
from collections.abc import Mapping

from pali_tf.conversion.array_parts import Shape
from pali_tf.conversion.tree import read_axes
from pali_tf.models.vit import config as vit_config

_COLOURS = 3


def describe(
    shapes: Mapping[str, Shape], *, num_heads: int | None = None
) -> dict[str, dict[str, object]]:
    """Gives the fields of MT5Config and ViTConfig that shapes determine.

    Args:
        shapes: by unrolled path of our tree.
        num_heads: of the vision tower; None: that of the named size with the
            same width and depth, if there is one.

    Example: mT5-small gives language emb_dim 512, num_heads 6, head_dim 64.
    """
    axes = read_axes(shapes)
    sizes: dict[str, dict[str, object]] = {}
    if "token_embedder/embedding" in shapes:
        sizes["language"] = {
            "vocab_size": axes.get("V"),
            "emb_dim": axes.get("D"),
            "num_heads": axes.get("N"),
            "num_encoder_layers": _count_layers("encoder", shapes),
            "num_decoder_layers": _count_layers("decoder", shapes),
            "head_dim": axes.get("J", 0) // axes.get("N", 1),
            "mlp_dim": axes.get("F"),
            "num_buckets": axes.get("R"),
        }
    if "vision/position_embedding/embedding" in shapes:
        patch_size = find_patch_size(axes)
        sizes["vision"] = {
            "patch_size": patch_size,
            "width": axes.get("Dv"),
            "depth": _count_layers("vision", shapes),
            "mlp_dim": axes.get("Fv"),
            "num_heads": num_heads or find_num_heads(shapes),
            "image_size": patch_size * round(axes.get("P", 0) ** 0.5),
        }
    if "map_head/probe" in shapes:
        sizes["map_head"] = {}
    return sizes


def _count_layers(stack: str, paths: Mapping[str, object]) -> int:
    numbers = (re.match(rf"{stack}/layers_(\d+)/", path) for path in paths)
    return 1 + max((int(n[1]) for n in numbers if n), default=-1)


def find_patch_size(axes: Mapping[str, int]) -> int:
    """The side of a patch, from the axes of `tree.read_axes`."""
    return round((axes.get("X", 0) / _COLOURS) ** 0.5)


def find_num_heads(shapes: Mapping[str, Shape]) -> int | None:
    """The heads of the named vision tower of the same shape, or None.

    They are joined with their width in every parameter.
    """
    axes = read_axes(shapes)
    sizes = (axes.get("Dv"), _count_layers("vision", shapes), axes.get("Fv"))
    for config in map(vit_config.get_config, vit_config.SIZES):
        if (config.width, config.depth, config.mlp_dim) == sizes:
            return config.num_heads
    return None
