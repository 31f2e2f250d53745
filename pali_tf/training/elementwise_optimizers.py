"""AdamW and Lion: each number of a parameter for itself, in absolute steps."""

import dataclasses
import re
from collections.abc import Callable, Mapping

import optax

from pali_tf.errors import UserError
from pali_tf.training.optimizer import clip_gradient
from pali_tf.training.schedules import Schedule

# Norms and biases are not decayed.
DECAYED = r".*(kernel|embedding)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Elementwise:
    """The fields of both.

    Attributes:
        beta1: decay of the mean of gradients (Lion: its weight in the step),
            in [0, 1).
        beta2: decay of the mean of squared gradients (Lion: of the mean), in
            [0, 1).
        weight_decay_rate: part of the parameter taken off each step, times the
            learning rate.
        decayed: regex over whole parameter paths: what is decayed.
        momentum_dtype: of the mean of gradients, such as "bfloat16"; None: the
            parameter's.
        global_norm_clip_threshold: largest norm of the whole gradient; None
            never clips.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay_rate: float = 0.0
    decayed: str = DECAYED
    momentum_dtype: str | None = None
    global_norm_clip_threshold: float | None = None

    def __post_init__(self) -> None:
        """Checks the rates."""
        for beta in (self.beta1, self.beta2):
            if not 0 <= beta < 1:
                raise UserError(
                    f"beta1 and beta2 must lie in [0, 1), got {beta}."
                )

    def _make(
        self,
        function: Callable[..., optax.GradientTransformation],
        learning_rate_fn: Schedule,
        **more: float,
    ) -> optax.GradientTransformation:
        made = function(
            learning_rate_fn,
            b1=self.beta1,
            b2=self.beta2,
            weight_decay=self.weight_decay_rate,
            mask=_matching(self.decayed),
            mu_dtype=self.momentum_dtype,
            **more,
        )
        return clip_gradient(made, self.global_norm_clip_threshold)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AdamW(_Elementwise):
    """AdamW (Loshchilov and Hutter, 2019), by optax.

    Attributes:
        epsilon: added to the root of the mean of squared gradients.
    """

    epsilon: float = 1e-8

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation of {path: array}."""
        return self._make(optax.adamw, learning_rate_fn, eps=self.epsilon)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lion(_Elementwise):
    """Lion (Chen et al., 2023), by optax: the sign of a mean of gradients."""

    beta2: float = 0.99

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation of {path: array}."""
        return self._make(optax.lion, learning_rate_fn)


def _matching(pattern: str) -> Callable[[Mapping], dict[str, bool]]:
    compiled = re.compile(pattern)
    return lambda params: {
        path: compiled.fullmatch(path) is not None for path in params
    }
