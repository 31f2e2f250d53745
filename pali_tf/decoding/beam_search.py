"""Beam search with a brevity penalty.

The K likeliest unfinished hypotheses of an example live on; beside them the K
best finished ones are kept, ranked by log-probability / ((5 + length)/6)^alpha.

Source: google-research/t5x t5x/decoding.py, beam_search. Differs from it where
fewer hypotheses have finished than are asked for: live ones stand in for the
rest, and not for all or none. It stops when the hypotheses that are asked for
are settled, not all K; they are the same.
"""

from typing import Any, NamedTuple

from jaxtyping import Bool, Float32, Int, Int32, Shaped
from keras import ops

from pali_tf.decoding.cached_decoder import EOS_ID, PAD_ID, CachedDecoder
from pali_tf.decoding.reorder import reorder
from pali_tf.decoding.top_k import top_k
from pali_tf.types import Array

# Log-probability of a slot that holds no hypothesis, as in T5X.
NO_HYPOTHESIS = -1e7
# Below it, a sum that includes NO_HYPOTHESIS or a token never to be chosen.
_IMPOSSIBLE = NO_HYPOTHESIS / 10


class Hypotheses(NamedTuple):
    """The best outputs of a search, best first.

    Attributes:
        tokens: up to and with EOS; 0 after it.
        scores: sum of the log-probabilities of `tokens`; -1e7 where there is
            no hypothesis.
        num_steps: positions decoded.
    """

    tokens: Int32[Array, "B N T"]
    scores: Float32[Array, "B N"]
    num_steps: Int32[Array, ""]


class _State(NamedTuple):
    position: Int32[Array, ""]
    live_tokens: Int32[Array, "B K T"]
    live_scores: Float32[Array, "B K"]  # best first
    last: Int32[Array, "B K"]  # of live_tokens
    ended_tokens: Int32[Array, "B K T"]
    ended_scores: Float32[Array, "B K"]
    ended_ranks: Float32[Array, "B K"]  # scores / brevity penalty; best first
    caches: Any


def brevity_penalty(
    alpha: float, length: Int[Array, "*any"] | int
) -> Float32[Array, "*any"]:
    """Gives ((5 + length)/6)^alpha of lengths in tokens."""
    return ops.power((5.0 + ops.cast(length, "float32")) / 6.0, alpha)


def beam_search(
    decoder: CachedDecoder, *, alpha: float, num_return: int
) -> Hypotheses:
    """Searches for the best hypotheses of each example.

    Where fewer than N have finished, live ones follow them.
    """
    longest = brevity_penalty(alpha, decoder.length)

    def not_done(*state: Any) -> Bool[Array, ""]:
        now = _State(*state)
        # A sum only falls, and the penalty is at most that of the full length.
        bound = now.live_scores[:, 0] / longest
        settled = ops.logical_or(
            now.ended_ranks[:, num_return - 1] > bound,
            now.live_scores[:, 0] < _IMPOSSIBLE,
        )
        return ops.logical_and(
            now.position < decoder.length, ops.logical_not(ops.all(settled))
        )

    def decode_one(*state: Any) -> _State:
        return _extend(decoder, alpha, _State(*state))

    last = ops.while_loop(not_done, decode_one, tuple(_start(decoder)))
    return _best(_State(*last), num_return)


def _start(decoder: CachedDecoder) -> _State:
    num_examples, num_beams = decoder.num_examples, decoder.rows_per_example
    first, caches = decoder.start()
    nothing = ops.full((num_examples, num_beams), NO_HYPOTHESIS)
    tokens = ops.full(
        (num_examples, num_beams, decoder.length), PAD_ID, dtype="int32"
    )
    return _State(
        position=ops.zeros((), "int32"),
        live_tokens=tokens,
        # One hypothesis: as many equal ones would all extend alike.
        live_scores=ops.where(ops.arange(num_beams) == 0, 0.0, nothing),
        last=ops.reshape(first, (-1, num_beams)),
        ended_tokens=tokens,
        ended_scores=nothing,
        ended_ranks=nothing,
        caches=caches,
    )


def _extend(decoder: CachedDecoder, alpha: float, state: _State) -> _State:
    """Lengthens the live hypotheses by a token, and sorts out the ended."""
    num_beams = decoder.rows_per_example
    logits, caches = decoder.step(
        ops.reshape(state.last, (-1,)), state.caches, state.position
    )
    # 2K, so that K go on even if K end at once.
    scores, parents, last = _candidates(
        decoder, logits, state.live_scores, 2 * num_beams
    )
    tokens = ops.take_along_axis(state.live_tokens, parents[..., None], axis=1)
    here = ops.arange(decoder.length) == state.position
    tokens = ops.where(here, last[..., None], tokens)
    ended = last == EOS_ID

    ranks = scores / brevity_penalty(alpha, state.position + 1)
    ranks = ops.where(ended, ranks, NO_HYPOTHESIS)
    all_ranks = ops.concatenate([state.ended_ranks, ranks], axis=1)
    all_scores = ops.concatenate([state.ended_scores, scores], axis=1)
    all_tokens = ops.concatenate([state.ended_tokens, tokens], axis=1)
    ended_ranks, kept = ops.top_k(all_ranks, num_beams)

    live_scores, alive = ops.top_k(
        ops.where(ended, NO_HYPOTHESIS, scores), num_beams
    )
    return _State(
        position=state.position + 1,
        live_tokens=_pick(tokens, alive),
        live_scores=live_scores,
        last=_pick(last, alive),
        ended_tokens=_pick(all_tokens, kept),
        ended_scores=_pick(all_scores, kept),
        ended_ranks=ended_ranks,
        caches=reorder(caches, _pick(parents, alive)),
    )


def _candidates(
    decoder: CachedDecoder,
    logits: Float32[Array, "R V"],
    live_scores: Float32[Array, "B K"],
    number: int,
) -> tuple[
    Float32[Array, "B {number}"],
    Int32[Array, "B {number}"],
    Int32[Array, "B {number}"],
]:
    """Gives the best continuations of an example's live hypotheses.

    They are among as many of each row, so no sum is made for each of the V
    tokens: only for the largest logits.

    Gives their scores, best first, the beams that they continue, and their
    tokens.
    """
    num_beams = decoder.rows_per_example
    width = min(number, decoder.vocab_size)
    values, ids = top_k(decoder.choosable(logits), width)
    gains = values - ops.logsumexp(logits, axis=-1, keepdims=True)
    scores = live_scores[..., None] + ops.reshape(gains, (-1, num_beams, width))
    scores, chosen = ops.top_k(
        ops.reshape(scores, (-1, num_beams * width)), number
    )
    tokens = _pick(ops.reshape(ids, (-1, num_beams * width)), chosen)
    return scores, ops.cast(chosen, "int32") // width, tokens


def _pick(
    x: Shaped[Array, "B M *rest"], indices: Int[Array, "B N"]
) -> Shaped[Array, "B N *rest"]:
    if len(x.shape) == 3:
        indices = indices[..., None]
    return ops.take_along_axis(x, indices, axis=1)


def _best(state: _State, num_return: int) -> Hypotheses:
    """Puts the finished first, and live ones where there are too few."""
    num_beams = state.live_scores.shape[1]
    num_ended = ops.sum(
        ops.cast(state.ended_ranks > _IMPOSSIBLE, "int32"),
        axis=1,
        keepdims=True,
    )
    place = ops.arange(num_return)[None]
    chosen = ops.where(place < num_ended, place, num_beams + place - num_ended)
    scores = _pick(
        ops.concatenate([state.ended_scores, state.live_scores], axis=1), chosen
    )
    tokens = _pick(
        ops.concatenate([state.ended_tokens, state.live_tokens], axis=1), chosen
    )
    is_real = scores > _IMPOSSIBLE
    return Hypotheses(
        tokens=ops.where(is_real[..., None], tokens, PAD_ID),
        scores=ops.where(is_real, scores, NO_HYPOTHESIS),
        num_steps=state.position,
    )
