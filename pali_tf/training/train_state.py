"""Everything a step changes, as one tree of arrays."""

import dataclasses
from typing import Any

import jax
from jaxtyping import Float32, Int32, Shaped

from pali_tf.models.functional import unflatten
from pali_tf.training.metrics import MetricSums
from pali_tf.types import Array, Params


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainState:
    """State after `step` steps.

    The metric sums belong to it so that a run that is killed and resumed
    between two log lines writes the same lines.

    Attributes:
        optimizer: the optimizer's slots, for `trainable` alone.
        metrics: sums since the last log line.
        ema: moving average of `trainable`, by path; None: not kept.
    """

    step: Int32[Array, ""]
    trainable: dict[str, Float32[Array, "..."]]
    frozen: dict[str, Shaped[Array, "..."]]
    optimizer: Any
    metrics: MetricSums
    ema: dict[str, Float32[Array, "..."]] | None = None

    def params(self) -> Params:
        """All parameters as the nested dict that the model takes."""
        return unflatten({**self.trainable, **self.frozen})

    def evaluated_params(self) -> Params:
        """All parameters, those that train as their average if it is kept."""
        return unflatten({**(self.ema or self.trainable), **self.frozen})
