"""Learning-rate schedules, written as a product of named factors.

Source: names and values are google-research/t5x, t5x/utils.py
(create_learning_rate_scheduler), so that a T5X run file means the same here;
`linear_decay_to_zero` is ours, for PaLI's fine-tuning (arXiv 2209.06794,
table of fine-tuning hyper-parameters).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from jaxtyping import Float32, Int

from pali_tf.errors import UserError, nearest
from pali_tf.types import Array

Schedule = Callable[[Int[Array, ""] | int], Float32[Array, ""]]


@dataclasses.dataclass(frozen=True)
class NamedSchedule:
    """A schedule that can say what it is."""

    settings: Mapping[str, Any]
    rate: Schedule

    def __call__(self, step: Int[Array, ""] | int) -> Float32[Array, ""]:
        """Gives the rate of a step."""
        return self.rate(step)


def create_learning_rate_scheduler(
    factors: str = "constant * linear_warmup * rsqrt_normalized_decay",
    base_learning_rate: float = 0.5,
    warmup_steps: int = 1000,
    decay_factor: float = 0.5,
    steps_per_decay: int = 20_000,
    steps_per_cycle: int = 100_000,
    step_offset: int = 0,
    min_learning_rate: float = 1e-8,
    decay_to_zero_steps: int | None = None,
) -> NamedSchedule:
    """Makes the function from step to learning rate.

    The factors, joined by "*", of step s, counted from step_offset, warm-up w
    and base b, where the rate never falls below min_learning_rate:
        constant: b
        linear_warmup: min(1, s / w)
        linear_decay: b * min(s / w, 1 + decay_factor * (w - s))
        rsqrt_decay: 1 / sqrt(max(s, w))
        rsqrt_normalized_decay: sqrt(w / max(s, w)), 1 at the end of warm-up
        decay_every: decay_factor ** (s // steps_per_decay)
        cosine_decay: (1 + cos(pi * ((s - w) / steps_per_cycle mod 1))) / 2
        linear_decay_to_zero: max(0, 1 - s / decay_to_zero_steps)

    Raises:
        UserError: an unknown factor, or a missing length.

    Example: "constant * linear_warmup * rsqrt_normalized_decay" with b=1e-2
        and w=1000 gives 5e-3 at 500, 1e-2 at 1000 and 5e-3 at 4000.
    """
    settings = dict(locals())
    w = float(warmup_steps)
    table: dict[str, Schedule] = {
        "constant": lambda s: base_learning_rate,
        "linear_warmup": lambda s: jnp.minimum(1.0, s / w),
        "linear_decay": lambda s: (
            base_learning_rate
            * jnp.minimum(s / w, 1.0 + decay_factor * (w - s))
        ),
        "rsqrt_decay": lambda s: 1.0 / jnp.sqrt(jnp.maximum(s, w)),
        "rsqrt_normalized_decay": lambda s: (
            jnp.sqrt(w) / jnp.sqrt(jnp.maximum(s, w))
        ),
        "decay_every": lambda s: decay_factor ** (s // steps_per_decay),
        "cosine_decay": lambda s: (
            0.5
            * (
                1.0
                + jnp.cos(
                    jnp.pi * (jnp.maximum(0.0, (s - w) / steps_per_cycle) % 1.0)
                )
            )
        ),
        "linear_decay_to_zero": lambda s: jnp.maximum(
            0.0, 1.0 - s / float(decay_to_zero_steps or 1)
        ),
    }
    names = [name.strip() for name in factors.split("*")]
    for name in names:
        if name not in table:
            raise UserError(
                f"The learning rate {factors!r} has an unknown factor, "
                f"{name!r}{nearest(name, table)}"
            )
    if warmup_steps <= 0:
        raise UserError(f"warmup_steps must be above 0, got {warmup_steps}.")
    if "linear_decay_to_zero" in names and not decay_to_zero_steps:
        raise UserError("linear_decay_to_zero needs decay_to_zero_steps.")

    def schedule(step: Int[Array, ""] | int) -> Float32[Array, ""]:
        step = jnp.maximum(0, jnp.asarray(step) - step_offset)
        rate = jnp.float32(1.0)
        for name in names:
            rate *= table[name](step)
        return jnp.maximum(rate, min_learning_rate).astype(jnp.float32)

    return NamedSchedule(settings, schedule)
