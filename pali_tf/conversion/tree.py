"""Our tree of parameters, declared: what a checkpoint of ours can hold.

Each part (the language part, the vision part, ...) is there as a whole or not
at all. The shapes are written in the axis letters of docs/GLOSSARY.md, `v`
after a letter for the vision tower's; a letter has one value in a checkpoint,
which is how a wrong shape shows without knowing the model.

As formats, there are two layouts of it: unrolled, and scanned with stacked
layers.
"""

import collections
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pali_tf.conversion.array_parts import Shape
from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import IDENTITY, ResizePositions, Transform
from pali_tf.models.vit import config as vit_config

_COLOURS = 3

# J: heads and their width joined, N*H. R: buckets. X: the pixels of a patch.
_NORM = {"scale": "D"}
_ATTENTION = {
    "query/kernel": "D J",
    "key/kernel": "D J",
    "value/kernel": "D J",
    "out/kernel": "J D",
}
_GATED_MLP = {"wi_0/kernel": "D F", "wi_1/kernel": "D F", "wo/kernel": "F D"}
_LAYER_NORM = {"gamma": "Dv", "beta": "Dv"}
_VISION_ATTENTION = {
    f"{name}/{leaf}": axes
    for name in ("query", "key", "value", "out")
    for leaf, axes in (("kernel", "Dv Dv"), ("bias", "Dv"))
}
_VISION_MLP = {
    "wi/kernel": "Dv Fv",
    "wi/bias": "Fv",
    "wo/kernel": "Fv Dv",
    "wo/bias": "Dv",
}


def _below(prefix: str, *leaves: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}/{k}": v for group in leaves for k, v in group.items()}


_LANGUAGE = {
    "token_embedder/embedding": "V D",
    "encoder/relpos_bias/rel_embedding": "N R",
    **_below("encoder/layers_{}/pre_attention_layer_norm", _NORM),
    **_below("encoder/layers_{}/attention", _ATTENTION),
    **_below("encoder/layers_{}/pre_mlp_layer_norm", _NORM),
    **_below("encoder/layers_{}/mlp", _GATED_MLP),
    "encoder/encoder_norm/scale": "D",
    "decoder/relpos_bias/rel_embedding": "N R",
    **_below("decoder/layers_{}/pre_self_attention_layer_norm", _NORM),
    **_below("decoder/layers_{}/self_attention", _ATTENTION),
    **_below("decoder/layers_{}/pre_cross_attention_layer_norm", _NORM),
    **_below("decoder/layers_{}/encoder_decoder_attention", _ATTENTION),
    **_below("decoder/layers_{}/pre_mlp_layer_norm", _NORM),
    **_below("decoder/layers_{}/mlp", _GATED_MLP),
    "decoder/decoder_norm/scale": "D",
    "decoder/logits_dense/kernel": "D V",
}
_VISION = {
    "vision/patch_embedding/projection/kernel": "X Dv",
    "vision/patch_embedding/projection/bias": "Dv",
    "vision/position_embedding/embedding": "P Dv",
    **_below("vision/layers_{}/pre_attention_layer_norm", _LAYER_NORM),
    **_below("vision/layers_{}/attention", _VISION_ATTENTION),
    **_below("vision/layers_{}/pre_mlp_layer_norm", _LAYER_NORM),
    **_below("vision/layers_{}/mlp", _VISION_MLP),
    **_below("vision/encoder_norm", _LAYER_NORM),
}
_MAP_HEAD = {
    "map_head/probe": "1 Dv",
    **_below("map_head/attention", _VISION_ATTENTION),
    **_below("map_head/pre_mlp_layer_norm", _LAYER_NORM),
    **_below("map_head/mlp", _VISION_MLP),
}

# Part -> {path pattern: axes}.
PARTS: dict[str, dict[str, str]] = {
    "language": _LANGUAGE,
    "vision": _VISION,
    "connector": {"connector/kernel": "Dv D", "connector/bias": "D"},
    "map_head": _MAP_HEAD,
    "head": {"head/kernel": "Dv C", "head/bias": "C"},
}
_OPTIONAL = {"connector/bias"}
_PATHS = tuple(path for leaves in PARTS.values() for path in leaves)


def _transform(path: str) -> Transform:
    return ResizePositions() if "position_embedding" in path else IDENTITY


# One array a layer: `encoder/layers_3/mlp/wo/kernel` has shape [F, D].
UNROLLED = NameMap(
    name="ours, unrolled",
    rules=tuple(Rule(path, path, _transform(path)) for path in _PATHS),
)

# One for all: `encoder/layers/mlp/wo/kernel` has shape [L, F, D].
SCANNED = NameMap(
    name="ours, scanned",
    rules=tuple(
        Rule(path, path.replace("layers_{}", "layers"), _transform(path))
        for path in _PATHS
    ),
)


class Place(NamedTuple):
    """Where a path is in the tree: a key of PARTS, and its axes."""

    part: str
    axes: tuple[str, ...]


_PLACES = {
    pattern: Place(part, tuple(axes.split()))
    for part, leaves in PARTS.items()
    for pattern, axes in leaves.items()
}


def nest(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a tree as dictionaries in dictionaries, from its leaves by path."""
    tree: dict[str, Any] = {}
    for path, leaf in leaves.items():
        *parents, name = path.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = leaf
    return tree


def find_place(path: str) -> Place | None:
    """Finds the declaration of an unrolled path, or None."""
    return _PLACES.get(re.sub(r"layers_\d+", "layers_{}", path))


def find_missing(paths: Mapping[str, object]) -> list[str]:
    """Gives what the parts that are begun still need, by unrolled path.

    Example: a tree of the vision part without "vision/encoder_norm/beta".
    """
    places = filter(None, map(find_place, paths))
    return [
        path
        for part in dict.fromkeys(place.part for place in places)
        for pattern in PARTS[part]
        if pattern not in _OPTIONAL
        for path in _expand(pattern, paths)
        if path not in paths
    ]


def _expand(pattern: str, paths: Mapping[str, object]) -> list[str]:
    if "{}" not in pattern:
        return [pattern]
    count = _count_layers(pattern.split("/")[0], paths)
    return [pattern.format(layer) for layer in range(max(count, 1))]


def read_axes(shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Reads the value of each axis letter off a tree, by majority.

    Paths outside the tree are passed over.

    Example: {"encoder/encoder_norm/scale": (512,)} gives {"D": 512}.
    """
    votes: dict[str, collections.Counter[int]] = {}
    for path, shape in shapes.items():
        place = find_place(path)
        if place and len(place.axes) == len(shape):
            for axis, size in zip(place.axes, shape, strict=True):
                votes.setdefault(axis, collections.Counter())[size] += 1
    return {axis: sizes.most_common(1)[0][0] for axis, sizes in votes.items()}


def find_wrong_shapes(shapes: Mapping[str, Shape]) -> dict[str, str]:
    """Finds the arrays that do not fit the others: {path: what is wrong}."""
    sizes = {**read_axes(shapes), "1": 1}
    wrong = {}
    for path, shape in shapes.items():
        place = find_place(path)
        if place is None:
            continue
        expected = tuple(sizes.get(axis, -1) for axis in place.axes)
        if shape != expected:
            wrong[path] = (
                f"shape {shape} where the rest of the checkpoint asks for "
                f"{expected} [{', '.join(place.axes)}]"
            )
    return wrong


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
    """The side of a patch, from the axes of `read_axes`."""
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
