"""The vision tower of SigLIP as Hugging Face's safetensors files name it.

Its blocks and its MAP head are those of big_vision's ViT, in the layouts of
PyTorch: linear layers [out, in], the patch kernel [D, 3, patch, patch], and
in the head one array for queries, keys and values.

Source: huggingface/transformers models/siglip/modeling_siglip.py.
"""

from collections.abc import Mapping

from pali_tf.conversion.name_map import NameMap, Rule, below
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


_OURS, _THEIRS = "vision/layers_{}", "encoder.layers.{}"
_ATTENTION = {
    "query": "q_proj",
    "key": "k_proj",
    "value": "v_proj",
    "out": "out_proj",
}
_RULES = (
    Rule(
        "vision/patch_embedding/projection/kernel",
        "embeddings.patch_embedding.weight",
        PatchKernel(channels_first=True),
    ),
    Rule(
        "vision/patch_embedding/projection/bias",
        "embeddings.patch_embedding.bias",
    ),
    Rule(
        "vision/position_embedding/embedding",
        "embeddings.position_embedding.weight",
        ResizePositions(),
    ),
    *_norm(f"{_OURS}/pre_attention_layer_norm", f"{_THEIRS}.layer_norm1"),
    *(
        rule
        for name, theirs in _ATTENTION.items()
        for rule in _linear(
            f"{_OURS}/attention/{name}", f"{_THEIRS}.self_attn.{theirs}"
        )
    ),
    *_norm(f"{_OURS}/pre_mlp_layer_norm", f"{_THEIRS}.layer_norm2"),
    *_linear(f"{_OURS}/mlp/wi", f"{_THEIRS}.mlp.fc1"),
    *_linear(f"{_OURS}/mlp/wo", f"{_THEIRS}.mlp.fc2"),
    *_norm("vision/encoder_norm", "post_layernorm"),
    Rule("map_head/probe", "head.probe", Squeeze()),
    *(
        Rule(
            f"map_head/attention/{name}/{leaf}",
            f"head.attention.in_proj_{end}",
            transform,
            part=(index, 3),
        )
        for index, name in enumerate(("query", "key", "value"))
        for leaf, end, transform in (
            ("kernel", "weight", TRANSPOSE),
            ("bias", "bias", IDENTITY),
        )
    ),
    *_linear("map_head/attention/out", "head.attention.out_proj"),
    *_norm("map_head/pre_mlp_layer_norm", "head.layernorm"),
    *_linear("map_head/mlp/wi", "head.mlp.fc1"),
    *_linear("map_head/mlp/wo", "head.mlp.fc2"),
)

VIT_SIGLIP = NameMap(
    name="Hugging Face's SigLIP vision tower", rules=below(_PREFIXES, _RULES)
)


def make_config(sizes: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Gives the config.json that `SiglipVisionModel` loads with."""
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
