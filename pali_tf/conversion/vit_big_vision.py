"""The ViT as big_vision's `.npz` files name it.

One file holds all arrays, `Transformer/encoderblock_3/...` or, of a model
with scanned blocks, `Transformer/encoderblock/...` with the layers first.
Kernels of attention have heads and their width apart, [D, N, H].

Source: google-research/big_vision models/vit.py; utils.py, load_params.
"""

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import (
    IDENTITY,
    Chain,
    JoinHeads,
    PatchKernel,
    ResizePositions,
    Squeeze,
    Transform,
)

# Where the parameters of a ViT begin: in a checkpoint of training (what we
# write), in a published file, in the image tower of SigLIP, in files from
# before optax.
_PREFIXES = ("params/", "", "params/img/", "opt/target/")

_Table = tuple[tuple[str, str, Transform], ...]


def _norm(ours: str, theirs: str) -> _Table:
    return (
        (f"{ours}/gamma", f"{theirs}/scale", IDENTITY),
        (f"{ours}/beta", f"{theirs}/bias", IDENTITY),
    )


def _attention(ours: str, theirs: str) -> _Table:
    # Kernels have heads on axis 1, biases and the output's kernel on axis 0.
    theirs = f"{theirs}/MultiHeadDotProductAttention_0"
    projections = tuple(
        (f"{ours}/{name}/{leaf}", f"{theirs}/{name}/{leaf}", JoinHeads(axis))
        for name in ("query", "key", "value")
        for leaf, axis in (("kernel", 1), ("bias", 0))
    )
    return (
        *projections,
        (f"{ours}/out/kernel", f"{theirs}/out/kernel", JoinHeads(0)),
        (f"{ours}/out/bias", f"{theirs}/out/bias", IDENTITY),
    )


def _mlp(ours: str, theirs: str) -> _Table:
    return tuple(
        (
            f"{ours}/{name}/{leaf}",
            f"{theirs}/MlpBlock_0/{dense}/{leaf}",
            IDENTITY,
        )
        for name, dense in (("wi", "Dense_0"), ("wo", "Dense_1"))
        for leaf in ("kernel", "bias")
    )


def _block(theirs: str) -> _Table:
    ours = "vision/layers_{}"
    return (
        *_norm(f"{ours}/pre_attention_layer_norm", f"{theirs}/LayerNorm_0"),
        *_attention(f"{ours}/attention", theirs),
        *_norm(f"{ours}/pre_mlp_layer_norm", f"{theirs}/LayerNorm_1"),
        *_mlp(f"{ours}/mlp", theirs),
    )


_TABLE: _Table = (
    (
        "vision/patch_embedding/projection/kernel",
        "embedding/kernel",
        PatchKernel(),
    ),
    ("vision/patch_embedding/projection/bias", "embedding/bias", IDENTITY),
    (
        "vision/position_embedding/embedding",
        "pos_embedding",
        Chain((Squeeze(0), ResizePositions())),
    ),
    *_block("Transformer/encoderblock_{}"),
    *_block("Transformer/encoderblock"),
    *_norm("vision/encoder_norm", "Transformer/encoder_norm"),
    ("map_head/probe", "MAPHead_0/probe", Squeeze(0)),
    *_attention("map_head/attention", "MAPHead_0"),
    *_norm("map_head/pre_mlp_layer_norm", "MAPHead_0/LayerNorm_0"),
    *_mlp("map_head/mlp", "MAPHead_0"),
    ("head/kernel", "head/kernel", IDENTITY),
    ("head/bias", "head/bias", IDENTITY),
)

VIT_BIG_VISION = NameMap(
    name="big_vision's ViT",
    rules=tuple(
        Rule(ours, prefix + theirs, transform)
        for prefix in _PREFIXES
        for ours, theirs, transform in _TABLE
    ),
)
