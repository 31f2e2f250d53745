"""How fast a T5X run is, as T5X measures it, by the native engine's names."""

import importlib
from typing import Any

from pali_tf.training.metrics import MetricSums

_metrics = importlib.import_module("t5x.metrics")


def rate_metrics(sums: MetricSums) -> dict[str, Any]:
    """Gives the metrics that T5X divides by the time between log lines.

    Args:
        sums: of one batch.
    """
    num_tokens = sums.num_input_tokens + sums.num_tokens.sum()
    return {
        "images_per_second": _metrics.TimeRate.from_model_output(
            numerator=sums.num_images
        ),
        "tokens_per_second": _metrics.TimeRate.from_model_output(
            numerator=num_tokens
        ),
        "steps_per_second": _metrics.StepsPerTime.from_model_output(),
    }
