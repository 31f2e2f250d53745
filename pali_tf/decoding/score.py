"""The log-probability of given targets."""

from typing import NamedTuple

from keras import ops

from pali_tf.models.pali.model import Pali
from pali_tf.types import Array, Batch


class ScoreOutput(NamedTuple):
    """Scores of targets.

    Attributes:
        scores: float32[B]. Sum of log-probabilities over real tokens.
        num_tokens: int32[B]. How many tokens those are, EOS included.
    """

    scores: Array
    num_tokens: Array


def score_targets(model: Pali, batch: Batch) -> ScoreOutput:
    """Scores the targets of a batch under teacher forcing.

    Args:
        model: a built Pali.
        batch: the model features; `decoder_loss_weights` marks real tokens.

    Returns:
        ScoreOutput.
    """
    log_probs = ops.log_softmax(model(batch), axis=-1)
    targets = batch["decoder_target_tokens"]
    weights = ops.cast(batch["decoder_loss_weights"] > 0, "float32")
    picked = ops.take_along_axis(log_probs, targets[..., None], axis=-1)
    return ScoreOutput(
        ops.sum(picked[..., 0] * weights, axis=-1),
        ops.cast(ops.sum(weights, axis=-1), "int32"),
    )
