"""AdamW and Lion: each number of a parameter for itself, in absolute steps."""

import dataclasses
import re
from collections.abc import Callable, Mapping

import optax

from pali_tf.errors import UserError
from pali_tf.training.gradient_clipping import clip_gradient
from pali_tf.training.schedules import Schedule

# Norms and biases are not decayed.
DECAYED = r".*(kernel|embedding)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class AdamW:
    """AdamW (Loshchilov and Hutter, 2019), by optax.

    Attributes:
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        epsilon: added to the root of the second.
        weight_decay_rate: part of the parameter taken off each step, times the
            learning rate.
        decayed: regex over whole parameter paths: what is decayed.
        momentum_dtype: of the first mean, such as "bfloat16"; None: the
            parameter's.
        global_norm_clip_threshold: largest norm of the whole gradient; None
            never clips.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay_rate: float = 0.0
    decayed: str = DECAYED
    momentum_dtype: str | None = None
    global_norm_clip_threshold: float | None = None

    def __post_init__(self) -> None:
        """Checks the rates."""
        _check_betas(self.beta1, self.beta2)

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation of {path: array}.

        Args:
            learning_rate_fn: step, from 0, to learning rate.
        """
        adamw = optax.adamw(
            learning_rate_fn,
            b1=self.beta1,
            b2=self.beta2,
            eps=self.epsilon,
            weight_decay=self.weight_decay_rate,
            mask=_matching(self.decayed),
            mu_dtype=self.momentum_dtype,
        )
        return clip_gradient(adamw, self.global_norm_clip_threshold)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lion:
    """Lion (Chen et al., 2023), by optax: the sign of a mean of gradients.

    Attributes:
        beta1: weight of the mean in the step, in [0, 1).
        beta2: decay of the mean, in [0, 1).
        weight_decay_rate: part of the parameter taken off each step, times the
            learning rate.
        decayed: regex over whole parameter paths: what is decayed.
        momentum_dtype: of the mean, such as "bfloat16"; None: the parameter's.
        global_norm_clip_threshold: largest norm of the whole gradient; None
            never clips.
    """

    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay_rate: float = 0.0
    decayed: str = DECAYED
    momentum_dtype: str | None = None
    global_norm_clip_threshold: float | None = None

    def __post_init__(self) -> None:
        """Checks the rates."""
        _check_betas(self.beta1, self.beta2)

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation of {path: array}.

        Args:
            learning_rate_fn: step, from 0, to learning rate.
        """
        lion = optax.lion(
            learning_rate_fn,
            b1=self.beta1,
            b2=self.beta2,
            weight_decay=self.weight_decay_rate,
            mask=_matching(self.decayed),
            mu_dtype=self.momentum_dtype,
        )
        return clip_gradient(lion, self.global_norm_clip_threshold)


def _check_betas(*betas: float) -> None:
    for beta in betas:
        if not 0 <= beta < 1:
            raise UserError(f"beta1 and beta2 must lie in [0, 1), got {beta}.")


def _matching(pattern: str) -> Callable[[Mapping], dict[str, bool]]:
    compiled = re.compile(pattern)
    return lambda params: {
        path: compiled.fullmatch(path) is not None for path in params
    }
