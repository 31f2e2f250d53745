"""Sums of what a run reports, kept on the device between two log lines."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, Shaped

from pali_tf.types import Array, Batch

# A log line of large batches may sum more tokens than int32 can count.
_CARRY_BITS = 30


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class ExampleMetrics:
    """What the loss function tells about each example of a batch.

    Attributes:
        cross_entropy: summed over the example's target tokens.
        z_loss: summed as well.
        num_correct: weighted count of tokens predicted right, given the
            tokens before them.
        num_tokens: sum of the loss weights.
    """

    cross_entropy: Float32[Array, " B"]
    z_loss: Float32[Array, " B"]
    num_correct: Float32[Array, " B"]
    num_tokens: Float32[Array, " B"]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class MetricSums:
    """Sums over the steps since the last log line; K is the number of tasks.

    Attributes:
        cross_entropy: of each task, as the next three.
        z_loss: of all tasks together.
        num_images: examples that carry an image.
        num_input_tokens: encoder tokens that are not padding, modulo 2^30; one
            batch has fewer.
        num_carries: how often 2^30 of them were full.
        gradient_norm: of all trainable parameters together, before clipping.
        first_bad_step: the first step whose loss or gradient was not finite;
            -1 if there was none.
    """

    cross_entropy: Float32[Array, " K"]
    num_correct: Float32[Array, " K"]
    num_tokens: Float32[Array, " K"]
    num_examples: Int32[Array, " K"]
    z_loss: Float32[Array, ""]
    num_images: Int32[Array, ""]
    num_input_tokens: Int32[Array, ""]
    num_carries: Int32[Array, ""]
    num_steps: Int32[Array, ""]
    gradient_norm: Float32[Array, ""]
    first_bad_step: Int32[Array, ""]

    def count_input_tokens(self) -> int:
        """Gives all encoder tokens that are not padding, of fetched sums."""
        return (int(self.num_carries) << _CARRY_BITS) + int(
            self.num_input_tokens
        )


def zeros(num_tasks: int) -> MetricSums:
    """Gives the sums of no step."""
    return MetricSums(
        cross_entropy=jnp.zeros(num_tasks, jnp.float32),
        num_correct=jnp.zeros(num_tasks, jnp.float32),
        num_tokens=jnp.zeros(num_tasks, jnp.float32),
        num_examples=jnp.zeros(num_tasks, jnp.int32),
        z_loss=jnp.zeros((), jnp.float32),
        num_images=jnp.zeros((), jnp.int32),
        num_input_tokens=jnp.zeros((), jnp.int32),
        num_carries=jnp.zeros((), jnp.int32),
        num_steps=jnp.zeros((), jnp.int32),
        gradient_norm=jnp.zeros((), jnp.float32),
        first_bad_step=jnp.full((), -1, jnp.int32),
    )


def add(
    sums: MetricSums,
    examples: ExampleMetrics,
    batch: Batch,
    step: Int32[Array, ""] | int,
    gradient_norm: Float32[Array, ""] | float = 0.0,
) -> MetricSums:
    """Adds one batch to the sums.

    Returns:
        The new sums. An example whose task_id lies outside [0, K) is counted
        under no task.
    """
    num_tasks = sums.cross_entropy.shape[0]

    def by_task(values: Shaped[Array, " B"]) -> Shaped[Array, " K"]:
        return jax.ops.segment_sum(values, batch["task_id"], num_tasks)

    is_finite = jnp.isfinite(jnp.sum(examples.cross_entropy) + gradient_norm)
    is_first_bad = ~is_finite & (sums.first_bad_step < 0)
    is_input = batch["encoder_input_tokens"] > 0
    input_tokens = sums.num_input_tokens + jnp.sum(is_input.astype(jnp.int32))
    return MetricSums(
        cross_entropy=sums.cross_entropy + by_task(examples.cross_entropy),
        num_correct=sums.num_correct + by_task(examples.num_correct),
        num_tokens=sums.num_tokens + by_task(examples.num_tokens),
        num_examples=sums.num_examples
        + by_task(jnp.ones_like(batch["task_id"])),
        z_loss=sums.z_loss + jnp.sum(examples.z_loss),
        num_images=sums.num_images
        + jnp.sum(batch["image_mask"].astype(jnp.int32)),
        num_input_tokens=input_tokens & ((1 << _CARRY_BITS) - 1),
        num_carries=sums.num_carries + (input_tokens >> _CARRY_BITS),
        num_steps=sums.num_steps + 1,
        gradient_norm=sums.gradient_norm + gradient_norm,
        first_bad_step=jnp.where(is_first_bad, step, sums.first_bad_step),
    )


def to_json(sums: MetricSums, task_names: Sequence[str]) -> dict[str, Any]:
    """Turns sums, fetched to the host, into what JSON stores exactly.

    Returns:
        By field; what is of each task, by the tasks' names.
    """
    stored = {}
    for field in dataclasses.fields(sums):
        value = np.asarray(getattr(sums, field.name)).tolist()
        is_by_task = isinstance(value, list)
        stored[field.name] = (
            dict(zip(task_names, value, strict=True)) if is_by_task else value
        )
    return stored


def from_json(
    stored: Mapping[str, Any], task_names: Sequence[str]
) -> MetricSums:
    """Gives the MetricSums that `to_json` was given, as numpy arrays."""
    sums = {}
    for field in dataclasses.fields(MetricSums):
        zero = getattr(zeros(len(task_names)), field.name)
        value = stored[field.name]
        if zero.ndim:
            value = [value.get(name, 0) for name in task_names]
        sums[field.name] = np.asarray(value, zero.dtype)
    return MetricSums(**sums)


def summarize(
    sums: MetricSums, task_names: Sequence[str]
) -> dict[str, float | int]:
    """Turns sums, fetched to the host, into named numbers.

    Returns:
        "loss" (mean cross-entropy of a target token, nats), "accuracy" (share
        of target tokens right), "z_loss" (per target token), "examples", and
        "loss/<task>", "accuracy/<task>", "examples/<task>" of the tasks seen.
    """
    tokens = max(float(sums.num_tokens.sum()), 1.0)
    summary: dict[str, float | int] = {
        "loss": float(sums.cross_entropy.sum()) / tokens,
        "accuracy": float(sums.num_correct.sum()) / tokens,
        "z_loss": float(sums.z_loss) / tokens,
        "examples": int(sums.num_examples.sum()),
    }
    for i, name in enumerate(task_names):
        if sums.num_examples[i] > 0:
            tokens = max(float(sums.num_tokens[i]), 1.0)
            summary[f"loss/{name}"] = float(sums.cross_entropy[i]) / tokens
            summary[f"accuracy/{name}"] = float(sums.num_correct[i]) / tokens
            summary[f"examples/{name}"] = int(sums.num_examples[i])
    return summary
