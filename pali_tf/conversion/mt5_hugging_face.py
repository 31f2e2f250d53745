"""mT5 as Hugging Face transformers names it.

Source: huggingface/transformers models/mt5/modeling_mt5.py; its matrices are
[out, in], as PyTorch's.
"""

from collections.abc import Mapping

from pali_tf.conversion.name_map import NameMap, Rule
from pali_tf.conversion.transform import TRANSPOSE

_ATTENTION = {"query": "q", "key": "k", "value": "v", "out": "o"}
_ENCODER, _THEIR_ENCODER = "encoder/layers_{}", "encoder.block.{}.layer"
_DECODER, _THEIR_DECODER = "decoder/layers_{}", "decoder.block.{}.layer"
# T5's first attention of a stack owns the position table.
_POSITIONS = "block.0.layer.0.SelfAttention.relative_attention_bias.weight"


def _norm(ours: str, theirs: str) -> Rule:
    return Rule(f"{ours}/scale", f"{theirs}layer_norm.weight")


def _attention(ours: str, theirs: str) -> list[Rule]:
    return [
        Rule(f"{ours}/{k}/kernel", f"{theirs}.{v}.weight", TRANSPOSE)
        for k, v in _ATTENTION.items()
    ]


def _mlp(ours: str, theirs: str) -> list[Rule]:
    theirs = f"{theirs}.DenseReluDense"
    return [
        Rule(f"{ours}/mlp/{k}/kernel", f"{theirs}.{k}.weight", TRANSPOSE)
        for k in ("wi_0", "wi_1", "wo")
    ]


def _stack(name: str) -> list[Rule]:
    bias = f"{name}/relpos_bias/rel_embedding"
    return [
        Rule(bias, f"{name}.{_POSITIONS}", TRANSPOSE),
        _norm(f"{name}/{name}_norm", f"{name}.final_"),
    ]


HUGGING_FACE = NameMap(
    name="mT5, Hugging Face",
    rules=(
        Rule("token_embedder/embedding", "shared.weight"),
        *_stack("encoder"),
        _norm(f"{_ENCODER}/pre_attention_layer_norm", f"{_THEIR_ENCODER}.0."),
        *_attention(
            f"{_ENCODER}/attention", f"{_THEIR_ENCODER}.0.SelfAttention"
        ),
        _norm(f"{_ENCODER}/pre_mlp_layer_norm", f"{_THEIR_ENCODER}.1."),
        *_mlp(_ENCODER, f"{_THEIR_ENCODER}.1"),
        *_stack("decoder"),
        _norm(
            f"{_DECODER}/pre_self_attention_layer_norm", f"{_THEIR_DECODER}.0."
        ),
        *_attention(
            f"{_DECODER}/self_attention", f"{_THEIR_DECODER}.0.SelfAttention"
        ),
        _norm(
            f"{_DECODER}/pre_cross_attention_layer_norm", f"{_THEIR_DECODER}.1."
        ),
        *_attention(
            f"{_DECODER}/encoder_decoder_attention",
            f"{_THEIR_DECODER}.1.EncDecAttention",
        ),
        _norm(f"{_DECODER}/pre_mlp_layer_norm", f"{_THEIR_DECODER}.2."),
        *_mlp(_DECODER, f"{_THEIR_DECODER}.2"),
        Rule("decoder/logits_dense/kernel", "lm_head.weight", TRANSPOSE),
    ),
    aliases={
        "encoder.embed_tokens.weight": "shared.weight",
        "decoder.embed_tokens.weight": "shared.weight",
    },
)


def make_config(sizes: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Gives the config.json that `MT5ForConditionalGeneration` loads with."""
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
