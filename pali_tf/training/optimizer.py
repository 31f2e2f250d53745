"""Adafactor with T5X's fields and meaning, out of optax's parts.

Compared with google-research/t5x, t5x/adafactor.py, line by line: for
parameters of rank 0 to 2 in float32 the update is the same formula in the
same order, and the blocks of a scanned stack are treated each for itself
(`by_block`), as T5X does with its axis "layers". The slots have the
parameter's dtype (T5X's are always float32), which is float32 here.
"""

import dataclasses
from typing import Any, Protocol

import jax
import optax

from pali_tf.errors import UserError
from pali_tf.partitioning.logical_axes import is_scanned
from pali_tf.training.schedules import Schedule


class OptimizerDef(Protocol):
    """What a run file binds as the optimizer: it makes one, given a rate."""

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation of {path: array}."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adafactor:
    """Adafactor (Shazeer and Stern, 2018), without momentum by default.

    With g the gradient, t the step from 0 and beta2_t = 1 - (t + 1)^-decay:
    v_t = beta2_t v_{t-1} + (1 - beta2_t) (g^2 + epsilon1), held as a row and
    a column mean for large matrices; u = g / sqrt(v_t), divided by
    max(1, RMS(u) / clipping_threshold); the step is
    learning_rate * max(epsilon2, RMS(parameter)) * u.

    Attributes:
        beta1: momentum; None or 0 keeps no momentum slot.
        decay_rate: the exponent of beta2_t. PaLI: 0.8.
        step_offset: the step that counts as t = 0 (fine-tuning).
        factored: whether large matrices are held as row and column.
        min_dim_size_to_factor: both dimensions must be at least this.
        multiply_by_parameter_scale: whether steps are relative to RMS of the
            parameter; then `learning_rate` is a relative step.
        clipping_threshold: largest RMS of u; None never clips.
        weight_decay_rate: part of the parameter taken off each step, not
            multiplied by the learning rate.
        epsilon1: added to g^2.
        epsilon2: the least parameter scale.
        global_norm_clip_threshold: largest norm of the whole gradient; None
            never clips.

    Source: arXiv 2209.06794 (beta1 0, decay 0.8); the other defaults are
    T5X's.
    """

    beta1: float | None = None
    decay_rate: float = 0.8
    step_offset: int = 0
    factored: bool = True
    min_dim_size_to_factor: int = 128
    multiply_by_parameter_scale: bool = True
    clipping_threshold: float | None = 1.0
    weight_decay_rate: float | None = None
    epsilon1: float = 1e-30
    epsilon2: float = 1e-3
    global_norm_clip_threshold: float | None = None

    def __post_init__(self) -> None:
        """Checks the rates."""
        if self.beta1 is not None and not 0 <= self.beta1 < 1:
            raise UserError(f"beta1 must lie in [0, 1), got {self.beta1}.")
        if self.decay_rate <= 0:
            raise UserError(
                f"decay_rate must be above 0, got {self.decay_rate}."
            )

    def make(self, learning_rate_fn: Schedule) -> optax.GradientTransformation:
        """Makes the optax transformation.

        Returns:
            A transformation of {path: array}, whose updates are added to the
            parameters. The blocks of a scanned stack are treated each for
            itself, as those of an unrolled one are.
        """
        return clip_gradient(
            by_block(self._of_one_array(learning_rate_fn)),
            self.global_norm_clip_threshold,
        )

    def _of_one_array(
        self, learning_rate_fn: Schedule
    ) -> optax.GradientTransformation:
        steps = [
            optax.scale_by_factored_rms(
                factored=self.factored,
                decay_rate=self.decay_rate,
                step_offset=self.step_offset,
                min_dim_size_to_factor=self.min_dim_size_to_factor,
                epsilon=self.epsilon1,
            )
        ]
        if self.clipping_threshold is not None:
            steps.append(optax.clip_by_block_rms(self.clipping_threshold))
        steps.append(optax.scale_by_schedule(learning_rate_fn))
        if self.multiply_by_parameter_scale:
            steps.append(optax.scale_by_param_block_rms(self.epsilon2))
        if self.beta1:
            steps.append(optax.ema(self.beta1, debias=False))
        if self.weight_decay_rate is not None:
            steps.append(optax.add_decayed_weights(self.weight_decay_rate))
        steps.append(optax.scale(-1.0))
        return optax.chain(*steps)


def clip_gradient(
    transformation: optax.GradientTransformation, max_norm: float | None
) -> optax.GradientTransformation:
    """Clips the gradient that a transformation gets."""
    if max_norm is None:
        return transformation
    if max_norm <= 0:
        raise UserError(
            f"global_norm_clip_threshold is {max_norm}, not above 0."
        )
    return optax.chain(optax.clip_by_global_norm(max_norm), transformation)


def by_block(
    transformation: optax.GradientTransformation,
) -> optax.GradientTransformation:
    """Applies a transformation to each block of scanned stacks apart.

    Adafactor's row and column means, its clipping and its parameter scale are
    of one array. Stacked blocks are L arrays in one.

    Source: google-research/t5x, t5x/adafactor.py, where logical axis "layers"
    is FactorDim.BATCH.
    """

    def init(params: Any) -> Any:
        singles, stacks = _split_stacks(params)
        state: dict[str, Any] = {"singles": transformation.init(singles)}
        if stacks:
            state["stacks"] = {
                depth: jax.vmap(transformation.init)(of_depth)
                for depth, of_depth in stacks.items()
            }
        return state

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        singles, stacks = _split_stacks(updates)
        of_singles, of_stacks = _split_stacks(params)
        changes, after = transformation.update(
            singles, state["singles"], of_singles
        )
        state_after: dict[str, Any] = {"singles": after}
        for depth, of_depth in stacks.items():
            of_blocks, blocks_after = jax.vmap(transformation.update)(
                of_depth, state["stacks"][depth], of_stacks[depth]
            )
            changes = changes | of_blocks
            state_after.setdefault("stacks", {})[depth] = blocks_after
        return {path: changes[path] for path in updates}, state_after

    return optax.GradientTransformation(init, update)


def _split_stacks(
    arrays: Any,
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    # The stacks by their depth, as text: towers may differ in it.
    singles: dict[str, Any] = {}
    stacks: dict[str, dict[str, Any]] = {}
    for path, array in arrays.items():
        if is_scanned(path):
            stacks.setdefault(str(array.shape[0]), {})[path] = array
        else:
            singles[path] = array
    return singles, stacks
