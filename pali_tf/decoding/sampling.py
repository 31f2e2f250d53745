"""Draws from the distribution of the next token, or from its likely part."""

from jaxtyping import Float32, Int, Int32, UInt32
from keras import ops

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.independent_rows import Choose
from pali_tf.decoding.random_draws import fold_in, gumbel
from pali_tf.decoding.top_k import top_k
from pali_tf.types import Array

_NEVER = -1e30
# exp(-104) is 0 in float32: no token lies further below the likeliest.
_LOWEST = -104.0
# Halvings of [-104, 0] until its width, 2e-8, tells no two logits apart.
_NUM_HALVINGS = 32


def keep_nucleus(
    logits: Float32[Array, "R V"], top_p: float
) -> Float32[Array, "R V"]:
    """Keeps the fewest of the likeliest whose share reaches `top_p`.

    The bound of the logits kept is found by halving, not by sorting: a sort of
    250,112 numbers takes 60 ms a row on a CPU, a sum over them 0.1. The others
    get -1e30. Of equal logits all are kept, or none.

    Example: of probabilities [0.5, 0.3, 0.2], top_p = 0.7 keeps two.
    """
    below_best = logits - ops.max(logits, axis=-1, keepdims=True)
    weights = ops.exp(below_best)
    enough = top_p * ops.sum(weights, axis=-1, keepdims=True)

    def halve(_, bounds):
        # The share above `low` reaches top_p; above `high` it need not.
        low, high = bounds
        middle = (low + high) / 2
        share = ops.sum(
            ops.where(below_best >= middle, weights, 0.0),
            axis=-1,
            keepdims=True,
        )
        is_enough = share >= enough
        return (
            ops.where(is_enough, middle, low),
            ops.where(is_enough, high, middle),
        )

    low = ops.full_like(enough, _LOWEST)
    low, _ = ops.fori_loop(0, _NUM_HALVINGS, halve, (low, low * 0.0))
    return ops.where(below_best >= low, logits, _NEVER)


def make_sampler(keys: UInt32[Array, " R"], config: DecodingConfig) -> Choose:
    """Makes a function that draws a token for each row.

    By the Gumbel-max trick, with a noise that belongs to (row, position,
    token): leaving tokens out changes no other token's noise.
    """

    def sample(
        logits: Float32[Array, "R V"], position: Int[Array, ""]
    ) -> Int32[Array, " R"]:
        ids = ops.arange(logits.shape[1])[None]
        logits = logits / config.temperature
        if config.top_k is not None:
            logits, ids = top_k(logits, min(config.top_k, logits.shape[1]))
        if config.top_p is not None and config.top_p < 1:
            logits = keep_nucleus(logits, config.top_p)
        noise = gumbel(fold_in(fold_in(keys, position)[:, None], ids))
        _, best = top_k(logits + noise, 1)
        ids = ops.broadcast_to(ids, ops.shape(logits))
        return ops.take_along_axis(ids, best, axis=1)[:, 0]

    return sample
