"""mT5 as Hugging Face transformers names it.

Source: huggingface/transformers models/mt5/modeling_mt5.py; its matrices are
[out, in], as PyTorch's.
"""

from collections.abc import Mapping

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import TRANSPOSE

_ATTENTION = {"query": "q", "key": "k", "value": "v", "out": "o"}
# T5's first attention of a stack owns the position table.
_POSITIONS = "block.0.layer.0.SelfAttention.relative_attention_bias.weight"


def _attention(ours: str, norm: str, theirs: str, name: str) -> list[Rule]:
    return [
        Rule(f"{norm}/scale", f"{theirs}.layer_norm.weight"),
        *(
            Rule(f"{ours}/{k}/kernel", f"{theirs}.{name}.{v}.weight", TRANSPOSE)
            for k, v in _ATTENTION.items()
        ),
    ]


def _mlp(ours: str, theirs: str) -> list[Rule]:
    return [
        Rule(f"{ours}/pre_mlp_layer_norm/scale", f"{theirs}.layer_norm.weight"),
        *(
            Rule(
                f"{ours}/mlp/{k}/kernel",
                f"{theirs}.DenseReluDense.{k}.weight",
                TRANSPOSE,
            )
            for k in ("wi_0", "wi_1", "wo")
        ),
    ]


def _stack(name: str) -> list[Rule]:
    return [
        Rule(
            f"{name}/relpos_bias/rel_embedding",
            f"{name}.{_POSITIONS}",
            TRANSPOSE,
        ),
        Rule(f"{name}/{name}_norm/scale", f"{name}.final_layer_norm.weight"),
    ]


_ENCODER = "encoder/layers_{}"
_DECODER = "decoder/layers_{}"

HUGGING_FACE = NameMap(
    name="mT5, Hugging Face",
    rules=(
        Rule("token_embedder/embedding", "shared.weight"),
        *_stack("encoder"),
        *_attention(
            f"{_ENCODER}/attention",
            f"{_ENCODER}/pre_attention_layer_norm",
            "encoder.block.{}.layer.0",
            "SelfAttention",
        ),
        *_mlp(_ENCODER, "encoder.block.{}.layer.1"),
        *_stack("decoder"),
        *_attention(
            f"{_DECODER}/self_attention",
            f"{_DECODER}/pre_self_attention_layer_norm",
            "decoder.block.{}.layer.0",
            "SelfAttention",
        ),
        *_attention(
            f"{_DECODER}/encoder_decoder_attention",
            f"{_DECODER}/pre_cross_attention_layer_norm",
            "decoder.block.{}.layer.1",
            "EncDecAttention",
        ),
        *_mlp(_DECODER, "decoder.block.{}.layer.2"),
        Rule("decoder/logits_dense/kernel", "lm_head.weight", TRANSPOSE),
    ),
    aliases={
        "encoder.embed_tokens.weight": "shared.weight",
        "decoder.embed_tokens.weight": "shared.weight",
    },
)


def make_config(
    sizes: Mapping[str, Mapping[str, object]],
) -> dict[str, object]:
    """Gives the config.json that `MT5ForConditionalGeneration` loads with.

    Args:
        sizes: of `describe.describe`.
    """
    language = sizes["language"]
    return {
        "architectures": ["MT5ForConditionalGeneration"],
        "model_type": "mt5",
        "vocab_size": language["vocab_size"],
        "d_model": language["emb_dim"],
        "d_kv": language["head_dim"],
        "d_ff": language["mlp_dim"],
        "num_heads": language["num_heads"],
        "num_layers": language["num_encoder_layers"],
        "num_decoder_layers": language["num_decoder_layers"],
        "relative_attention_num_buckets": language["num_buckets"],
        # Not in the parameters; mT5's values.
        "relative_attention_max_distance": 128,
        "feed_forward_proj": "gated-gelu",
        "layer_norm_epsilon": 1e-6,
        "tie_word_embeddings": False,
        "is_encoder_decoder": True,
        "decoder_start_token_id": 0,
        "pad_token_id": 0,
        "eos_token_id": 1,
    }
