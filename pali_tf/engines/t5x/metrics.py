"""The native engine's metrics as clu metrics, which T5X merges and writes."""

from collections.abc import Sequence
from typing import Any, Self

import clu.metrics
import jax
from flax import struct

from pali_tf.training.metrics import MetricSums


@struct.dataclass
class Mean(clu.metrics.Metric):
    """A sum over a weight."""

    total: jax.Array
    weight: jax.Array

    def merge(self, other: Self) -> Self:
        """Adds the sums of further batches."""
        return type(self)(
            total=self.total + other.total, weight=self.weight + other.weight
        )

    def compute(self) -> jax.Array | None:
        """Gives the mean; None where nothing was weighed."""
        return self.total / self.weight if self.weight > 0 else None


@struct.dataclass
class Count(clu.metrics.Metric):
    """A sum."""

    total: jax.Array

    def merge(self, other: Self) -> Self:
        """Adds the count of further batches."""
        return type(self)(total=self.total + other.total)

    def compute(self) -> jax.Array:
        """Gives the sum."""
        return self.total


def clu_metrics(sums: MetricSums, task_names: Sequence[str]) -> dict[str, Any]:
    """Gives the metrics of `pali_tf.training.metrics.summarize`, unmerged."""
    tokens = sums.num_tokens
    found: dict[str, Any] = {
        "loss": Mean(total=sums.cross_entropy.sum(), weight=tokens.sum()),
        "accuracy": Mean(total=sums.num_correct.sum(), weight=tokens.sum()),
        "z_loss": Mean(total=sums.z_loss, weight=tokens.sum()),
        "examples": Count(total=sums.num_examples.sum()),
    }
    for i, name in enumerate(task_names):
        found[f"loss/{name}"] = Mean(
            total=sums.cross_entropy[i], weight=tokens[i]
        )
        found[f"accuracy/{name}"] = Mean(
            total=sums.num_correct[i], weight=tokens[i]
        )
        found[f"examples/{name}"] = Count(total=sums.num_examples[i])
    return found
