"""The log-probability of given targets."""

from typing import NamedTuple

from jaxtyping import Float32, Int32
from keras import ops

from pali_tf.decoding.log_probability import log_probability
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array, Batch


class ScoreOutput(NamedTuple):
    """Scores of targets.

    `scores` sums log-probabilities over real tokens, EOS included.
    """

    scores: Float32[Array, " B"]
    num_tokens: Int32[Array, " B"]


def score_targets(model: Pali, batch: Batch) -> ScoreOutput:
    """Scores the targets of a batch under teacher forcing.

    `decoder_loss_weights` marks the real tokens.
    """
    picked = log_probability(model(batch), batch["decoder_target_tokens"])
    is_real = batch["decoder_loss_weights"] > 0
    return ScoreOutput(
        ops.sum(ops.where(is_real, picked, 0.0), axis=-1),
        ops.sum(ops.cast(is_real, "int32"), axis=-1),
    )
