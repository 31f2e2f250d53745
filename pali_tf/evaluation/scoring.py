"""A task's metrics over its targets and what a model said.

`evaluator` and `pali score` both come here, so a score is the same whether the
model is at hand or only a file of what it said.
"""

from collections.abc import Sequence
from typing import Any

import seqio
from absl import logging

from pali_tf.errors import UserError
from pali_tf.evaluation.targets import Target


def compute_scores(
    task: seqio.Task,
    targets: Sequence[Target],
    predictions: Sequence[Any],
    log_probabilities: Sequence[float] | None,
) -> dict[str, float]:
    """Computes every metric of a task.

    Examples without a reference, as in a test set whose answers are kept on a
    server, have no score: they are left out and counted in the log.

    Args:
        task: with metrics of `seqio_metrics`.
        targets: N.
        predictions: N texts, or N lists of texts in order of likelihood.
        log_probabilities: N sums; None: not known, which only detection minds.

    Returns:
        {metric: value}; nothing where no example has a reference.

    Raises:
        UserError: a metric needs log-probabilities, and there are none.
    """
    rows = [i for i, target in enumerate(targets) if target.references]
    if len(rows) < len(targets):
        logging.warning(
            "%s: %d of %d examples have no references and are not scored.",
            task.name,
            len(targets) - len(rows),
            len(targets),
        )
    if not rows:
        return {}
    targets = [targets[i] for i in rows]
    predictions = [predictions[i] for i in rows]
    scores: dict[str, float] = {}
    for metric in task.predict_metric_fns:
        scores |= metric(targets, predictions)
    for metric in task.predict_with_aux_metric_fns:
        if log_probabilities is None:
            raise UserError(
                f"A metric of {task.name} ranks predictions by log-probability:"
                ' each needs a "score".'
            )
        kept = [log_probabilities[i] for i in rows]
        scores |= metric(targets, predictions, {"scores": kept})
    return scores
