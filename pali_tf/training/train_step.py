"""One step of training and of evaluation, as pure functions."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Float32, Key, Shaped

from pali_tf.models.functional import unflatten
from pali_tf.training import metrics
from pali_tf.training.metrics import ExampleMetrics, MetricSums
from pali_tf.training.train_state import TrainState
from pali_tf.types import Array, Batch, Params

ByPath = dict[str, Float32[Array, "..."]]
TrainStep = Callable[[TrainState, Batch], TrainState]
EvalStep = Callable[[Params, MetricSums, Batch], MetricSums]


def make_train_step(
    model: Any,
    optimizer: optax.GradientTransformation,
    *,
    dropout_seed: int,
    num_microbatches: int | None = None,
    ema_decay: float | None = None,
) -> TrainStep:
    """Makes the function that trains on one batch.

    Frozen parameters enter as constants: they get no gradient. Dropout is a
    function of (seed, step), so a resumed run draws the same.

    From the first step whose loss or gradient is not finite on, only the
    metric sums change: the state stays the last good one, with its step,
    until the loop sees it.

    Args:
        model: a PaliTrainingModel.
        optimizer: the optax transformation.
        dropout_seed: seed of dropout.
        num_microbatches: parts that a batch is split into to save memory;
            None or 1: it is not.
        ema_decay: of the moving average in `state.ema`; None: none is kept.

    Returns:
        (state, batch) -> state.
    """
    gradients = _make_gradients(model, dropout_seed, num_microbatches or 1)

    def train_step(state: TrainState, batch: Batch) -> TrainState:
        grads, examples = gradients(state, batch)
        sums = metrics.add(
            state.metrics,
            examples,
            batch,
            state.step + 1,
            optax.global_norm(grads),
        )
        updates, slots = optimizer.update(
            grads, state.optimizer, state.trainable
        )
        trainable = optax.apply_updates(state.trainable, updates)
        ema = state.ema
        if ema is not None and ema_decay is not None:
            ema = optax.incremental_update(trainable, ema, 1 - ema_decay)
        is_good = sums.first_bad_step < 0
        step, trainable, slots, ema = jax.tree.map(
            lambda new, old: jnp.where(is_good, new, old),
            (state.step + 1, trainable, slots, ema),
            (state.step, state.trainable, state.optimizer, state.ema),
        )
        return TrainState(
            step=step,
            trainable=trainable,
            frozen=state.frozen,
            optimizer=slots,
            metrics=sums,
            ema=ema,
        )

    return train_step


def _make_gradients(
    model: Any, dropout_seed: int, parts: int
) -> Callable[[TrainState, Batch], tuple[ByPath, ExampleMetrics]]:
    """Makes the function that gives the gradient, summed over the parts."""

    def gradients(
        state: TrainState, batch: Batch
    ) -> tuple[ByPath, ExampleMetrics]:
        normalizer = model.loss_normalizer(batch)

        def loss_of_part(
            trainable: ByPath, part: Batch, rng: Key[Array, ""]
        ) -> tuple[Float32[Array, ""], ExampleMetrics]:
            params = unflatten({**trainable, **state.frozen})
            return model.loss_fn(params, part, rng, normalizer)

        grad_fn = jax.grad(loss_of_part, has_aux=True)
        rng = jax.random.fold_in(jax.random.key(dropout_seed), state.step)
        if parts == 1:
            return grad_fn(state.trainable, batch, rng)

        def add_part(total: Any, part: Any) -> tuple[Any, ExampleMetrics]:
            grads, examples = grad_fn(state.trainable, *part)
            return jax.tree.map(jnp.add, total, grads), examples

        zero = jax.tree.map(jnp.zeros_like, state.trainable)
        total, examples = jax.lax.scan(
            add_part, zero, (_split(batch, parts), jax.random.split(rng, parts))
        )
        return total, jax.tree.map(_join, examples)

    return gradients


def make_eval_step(model: Any) -> EvalStep:
    """Makes the function that adds one batch to evaluation sums."""

    def eval_step(params: Params, sums: MetricSums, batch: Batch) -> MetricSums:
        _, examples = model.eval_fn(params, batch)
        return metrics.add(sums, examples, batch, sums.num_steps + 1)

    return eval_step


def _split(batch: Batch, parts: int) -> Batch:
    # Row i goes to part i % parts: each device keeps rows of every part.
    return {
        name: jnp.swapaxes(
            jnp.reshape(x, (x.shape[0] // parts, parts, *x.shape[1:])), 0, 1
        )
        for name, x in batch.items()
    }


def _join(x: Shaped[Array, "parts B *rest"]) -> Shaped[Array, "..."]:
    return jnp.reshape(jnp.swapaxes(x, 0, 1), (-1, *x.shape[2:]))
