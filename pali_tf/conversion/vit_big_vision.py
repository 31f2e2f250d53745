"""The ViT as big_vision's `.npz` files name it.

One file holds all arrays, `Transformer/encoderblock_3/...` or, of a model
with scanned blocks, `Transformer/encoderblock/...` with the layers first.
Kernels of attention have heads and their width apart, [D, N, H].

Source: google-research/big_vision models/vit.py; utils.py, load_params.
"""

from pali_tf.conversion.name_map import NameMap, Rule, below
from pali_tf.conversion.transform import (
    JoinHeads,
    PatchKernel,
    ResizePositions,
    Squeeze,
)

# Where the parameters of a ViT begin: in a checkpoint of training (what we
# write), in a published file, in the image tower of SigLIP, in files from
# before optax.
_PREFIXES = ("params/", "", "params/img/", "opt/target/")


def _norm(ours: str, theirs: str) -> tuple[Rule, ...]:
    return (
        Rule(f"{ours}/gamma", f"{theirs}/scale"),
        Rule(f"{ours}/beta", f"{theirs}/bias"),
    )


def _block(ours: str, theirs: str, norms: tuple[Rule, ...]) -> tuple[Rule, ...]:
    # Kernels have heads on axis 1, biases and the output's kernel on axis 0.
    heads = f"{theirs}/MultiHeadDotProductAttention_0"
    projections = tuple(
        Rule(
            f"{ours}/attention/{name}/{leaf}",
            f"{heads}/{name}/{leaf}",
            JoinHeads(axis),
        )
        for name in ("query", "key", "value")
        for leaf, axis in (("kernel", 1), ("bias", 0))
    )
    return (
        *norms,
        *projections,
        Rule(
            f"{ours}/attention/out/kernel", f"{heads}/out/kernel", JoinHeads(0)
        ),
        Rule(f"{ours}/attention/out/bias", f"{heads}/out/bias"),
        *(
            Rule(f"{ours}/mlp/{name}/{leaf}", f"{theirs}/MlpBlock_0/{k}/{leaf}")
            for name, k in (("wi", "Dense_0"), ("wo", "Dense_1"))
            for leaf in ("kernel", "bias")
        ),
    )


def _encoder_block(theirs: str) -> tuple[Rule, ...]:
    ours = "vision/layers_{}"
    norms = (
        *_norm(f"{ours}/pre_attention_layer_norm", f"{theirs}/LayerNorm_0"),
        *_norm(f"{ours}/pre_mlp_layer_norm", f"{theirs}/LayerNorm_1"),
    )
    return _block(ours, theirs, norms)


_RULES = (
    Rule(
        "vision/patch_embedding/projection/kernel",
        "embedding/kernel",
        PatchKernel(),
    ),
    Rule("vision/patch_embedding/projection/bias", "embedding/bias"),
    Rule(
        "vision/position_embedding/embedding",
        "pos_embedding",
        ResizePositions(is_batch=True),
    ),
    *_encoder_block("Transformer/encoderblock_{}"),
    *_encoder_block("Transformer/encoderblock"),
    *_norm("vision/encoder_norm", "Transformer/encoder_norm"),
    Rule("map_head/probe", "MAPHead_0/probe", Squeeze()),
    *_block(
        "map_head",
        "MAPHead_0",
        _norm("map_head/pre_mlp_layer_norm", "MAPHead_0/LayerNorm_0"),
    ),
    Rule("head/kernel", "head/kernel"),
    Rule("head/bias", "head/bias"),
)

VIT_BIG_VISION = NameMap(
    name="big_vision's ViT", rules=below(_PREFIXES, _RULES)
)
