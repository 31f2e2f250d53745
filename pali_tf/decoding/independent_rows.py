"""Greedy decoding and sampling: each row goes its own way."""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float32, Int, Int32
from keras import ops

from pali_tf.decoding.cached_decoder import EOS_ID, PAD_ID, CachedDecoder
from pali_tf.decoding.log_probability import log_probability
from pali_tf.decoding.top_k import top_k
from pali_tf.types import Array

# From the logits of a position, and its number, to the tokens of all rows.
Choose = Callable[[Float32[Array, "R V"], Int[Array, ""]], Int32[Array, " R"]]


class DecodedRows(NamedTuple):
    """What each row chose.

    Attributes:
        tokens: up to and with EOS; 0 after it.
        scores: sum of the log-probabilities of `tokens`.
        num_steps: positions decoded until all rows had ended.
    """

    tokens: Int32[Array, "R T"]
    scores: Float32[Array, " R"]
    num_steps: Int32[Array, ""]


def likeliest(
    logits: Float32[Array, "R V"], position: Int[Array, ""]
) -> Int32[Array, " R"]:
    """Chooses the likeliest token of each row: greedy decoding."""
    del position
    return top_k(logits, 1)[1][:, 0]


def decode_rows(decoder: CachedDecoder, choose: Choose) -> DecodedRows:
    """Chooses a token for each row and position until all rows have ended.

    `choose` is given logits in which those of what must not be chosen are far
    below the others.
    """

    def not_done(position, tokens, token, ended, scores, caches):
        del tokens, token, scores, caches
        return ops.logical_and(
            position < decoder.length, ops.logical_not(ops.all(ended))
        )

    def decode_one(position, tokens, token, ended, scores, caches):
        logits, caches = decoder.step(token, caches, position)
        chosen = choose(decoder.choosable(logits), position)
        gain = log_probability(logits, chosen)
        token = ops.where(ended, PAD_ID, chosen)
        scores = scores + ops.where(ended, 0.0, gain)
        tokens = ops.scatter_update(
            tokens, ops.reshape(position, (1, 1)), token[None]
        )
        ended = ops.logical_or(ended, token == EOS_ID)
        return position + 1, tokens, token, ended, scores, caches

    first, caches = decoder.start()
    # Time first: each step writes one row.
    state = (
        ops.zeros((), "int32"),
        ops.full((decoder.length, decoder.num_rows), PAD_ID, dtype="int32"),
        first,
        ops.zeros((decoder.num_rows,), "bool"),
        ops.zeros((decoder.num_rows,), "float32"),
        caches,
    )
    num_steps, tokens, _, _, scores, _ = ops.while_loop(
        not_done, decode_one, state
    )
    return DecodedRows(ops.transpose(tokens), scores, num_steps)
