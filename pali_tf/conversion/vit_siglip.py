"""The vision tower of SigLIP as Hugging Face's safetensors files name it.

Its blocks and its MAP head are those of big_vision's ViT, in the layouts of
PyTorch: linear layers [out, in], the patch kernel [D, 3, patch, patch], and
in the head one array for queries, keys and values.

Source: huggingface/transformers models/siglip/modeling_siglip.py.
"""

from collections.abc import Mapping

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import (
    IDENTITY,
    TRANSPOSE,
    PatchKernel,
    ResizePositions,
    Squeeze,
)

# Where the tower begins: in the published files, which hold the text tower
# too (what we write), and where transformers 5 saved the tower alone.
_PREFIXES = ("vision_model.", "")


def _norm(ours: str, theirs: str) -> tuple[Rule, ...]:
    return (
        Rule(f"{ours}/gamma", f"{theirs}.weight"),
        Rule(f"{ours}/beta", f"{theirs}.bias"),
    )


def _linear(ours: str, theirs: str) -> tuple[Rule, ...]:
    return (
        Rule(f"{ours}/kernel", f"{theirs}.weight", TRANSPOSE),
        Rule(f"{ours}/bias", f"{theirs}.bias"),
    )


def _block(prefix: str) -> tuple[Rule, ...]:
    ours, theirs = "vision/layers_{}", prefix + "encoder.layers.{}"
    attention = f"{theirs}.self_attn"
    return (
        *_norm(f"{ours}/pre_attention_layer_norm", f"{theirs}.layer_norm1"),
        *_linear(f"{ours}/attention/query", f"{attention}.q_proj"),
        *_linear(f"{ours}/attention/key", f"{attention}.k_proj"),
        *_linear(f"{ours}/attention/value", f"{attention}.v_proj"),
        *_linear(f"{ours}/attention/out", f"{attention}.out_proj"),
        *_norm(f"{ours}/pre_mlp_layer_norm", f"{theirs}.layer_norm2"),
        *_linear(f"{ours}/mlp/wi", f"{theirs}.mlp.fc1"),
        *_linear(f"{ours}/mlp/wo", f"{theirs}.mlp.fc2"),
    )


def _head(theirs: str) -> tuple[Rule, ...]:
    joined = tuple(
        Rule(
            f"map_head/attention/{name}/{leaf}",
            f"{theirs}.attention.in_proj_{end}",
            transform,
            part=(index, 3),
        )
        for index, name in enumerate(("query", "key", "value"))
        for leaf, end, transform in (
            ("kernel", "weight", TRANSPOSE),
            ("bias", "bias", IDENTITY),
        )
    )
    return (
        Rule("map_head/probe", f"{theirs}.probe", Squeeze(0)),
        *joined,
        *_linear("map_head/attention/out", f"{theirs}.attention.out_proj"),
        *_norm("map_head/pre_mlp_layer_norm", f"{theirs}.layernorm"),
        *_linear("map_head/mlp/wi", f"{theirs}.mlp.fc1"),
        *_linear("map_head/mlp/wo", f"{theirs}.mlp.fc2"),
    )


def _tower(prefix: str) -> tuple[Rule, ...]:
    embeddings = prefix + "embeddings"
    return (
        Rule(
            "vision/patch_embedding/projection/kernel",
            f"{embeddings}.patch_embedding.weight",
            PatchKernel(channels_first=True),
        ),
        Rule(
            "vision/patch_embedding/projection/bias",
            f"{embeddings}.patch_embedding.bias",
        ),
        Rule(
            "vision/position_embedding/embedding",
            f"{embeddings}.position_embedding.weight",
            ResizePositions(),
        ),
        *_block(prefix),
        *_norm("vision/encoder_norm", f"{prefix}post_layernorm"),
        *_head(f"{prefix}head"),
    )


VIT_SIGLIP = NameMap(
    name="Hugging Face's SigLIP vision tower",
    rules=tuple(rule for prefix in _PREFIXES for rule in _tower(prefix)),
)


def make_config(
    sizes: Mapping[str, Mapping[str, object]],
) -> dict[str, object]:
    """Gives the config.json that `SiglipVisionModel` loads with.

    Args:
        sizes: of `describe.describe`.
    """
    vision = sizes["vision"]
    return {
        "architectures": ["SiglipVisionModel"],
        "model_type": "siglip_vision_model",
        "hidden_size": vision["width"],
        "intermediate_size": vision["mlp_dim"],
        "num_hidden_layers": vision["depth"],
        "num_attention_heads": vision["num_heads"],
        "patch_size": vision["patch_size"],
        "image_size": vision["image_size"],
        "num_channels": 3,
        "hidden_act": "gelu_pytorch_tanh",
        "layer_norm_eps": 1e-6,
        "vision_use_head": "map_head" in sizes,
    }
