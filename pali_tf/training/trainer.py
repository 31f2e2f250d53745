"""A model laid out on devices: its state, its compiled steps, its batches."""

import dataclasses
import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging
from jax.sharding import NamedSharding
from jaxtyping import Key

from pali_tf.errors import UserError
from pali_tf.models.functional import flatten
from pali_tf.partitioning import shardings
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training import freezing, metrics, train_step
from pali_tf.training.schedules import Schedule
from pali_tf.training.train_state import TrainState
from pali_tf.types import Array, Batch


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trainer:
    """Trains `model` on the devices of `partitioner`; T5X's field names.

    Attributes:
        num_tasks: how many tasks `task_id` may name.
        random_seed: of initial values and dropout.
        num_microbatches: parts that a batch is split into; None: one.
        ema_decay: of a moving average of what trains, which evaluations then
            use; None: none is kept. T5X has no such field.
        devices: what to lay the run out on: those of a TPU topology that is
            compiled for, say; None: all of this run's.
    """

    model: Any
    partitioner: PjitPartitioner
    num_tasks: int
    random_seed: int
    learning_rate_fn: Schedule
    num_microbatches: int | None = None
    ema_decay: float | None = None
    devices: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        """Checks the average's decay."""
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            raise UserError(f"ema_decay is {self.ema_decay}, not in (0, 1).")

    @functools.cached_property
    def mesh(self) -> jax.sharding.Mesh:
        """The device mesh."""
        return self.partitioner.mesh(self.devices)

    @functools.cached_property
    def split(self) -> freezing.Split:
        """Which parameters train."""
        return freezing.split_paths(
            self.model.functional.specs, self.model.trainable
        )

    @functools.cached_property
    def parameter_shardings(self) -> dict[str, NamedSharding]:
        """Where each parameter lives, by path."""
        return self.partitioner.parameter_shardings(
            self.mesh, self.model.functional.specs
        )

    @functools.cached_property
    def _optimizer(self) -> Any:
        if self.model.optimizer_def is None:
            raise UserError("The model has no optimizer_def: bind OPTIMIZER.")
        return self.model.optimizer_def.make(self.learning_rate_fn)

    def _init(self, rng: Key[Array, ""]) -> TrainState:
        flat = flatten(self.model.init(rng))
        trainable = {path: flat[path] for path in self.split.trainable}
        return TrainState(
            step=jnp.zeros((), jnp.int32),
            trainable=trainable,
            frozen={
                path: flat[path].astype(self.model.frozen_dtype)
                for path in self.split.frozen
            },
            optimizer=self._optimizer.init(trainable),
            metrics=metrics.zeros(self.num_tasks),
            ema=None if self.ema_decay is None else dict(trainable),
        )

    @functools.cached_property
    def abstract_state(self) -> TrainState:
        """Shape, dtype and sharding of every array of the state."""
        shapes = jax.eval_shape(self._init, jax.random.key(0))
        places = self.parameter_shardings
        specs = self.model.functional.specs

        def place(key_path: Any, leaf: Any) -> jax.ShapeDtypeStruct:
            sharding = shardings.replicated(self.mesh)
            for key in key_path:
                path = getattr(key, "key", None)
                if path in places:
                    sharding = shardings.slot_sharding(
                        specs[path].shape, places[path], leaf
                    )
            return jax.ShapeDtypeStruct(
                leaf.shape, leaf.dtype, sharding=sharding
            )

        return jax.tree_util.tree_map_with_path(place, shapes)

    def init_state(self) -> TrainState:
        """Draws the state of step 0, each array where it belongs."""
        places = jax.tree.map(lambda x: x.sharding, self.abstract_state)
        init = jax.jit(self._init, out_shardings=places)
        return init(jax.random.key(self.random_seed))

    def place(self, batch: Mapping[str, np.ndarray]) -> Batch:
        """Starts the transfer of a batch to the devices.

        Args:
            batch: the rows of this process, all rows where it is the only one.
        """
        return jax.make_array_from_process_local_data(
            shardings.batch_sharding(self.mesh), dict(batch)
        )

    def zero_metrics(self) -> metrics.MetricSums:
        """Gives sums of nothing, where the steps have them."""
        return shardings.place_whole(
            metrics.zeros(self.num_tasks), shardings.replicated(self.mesh)
        )

    def compile_train_step(self, batch: Batch) -> train_step.TrainStep:
        """Compiles the step for batches of this shape, ahead of the loop.

        Args:
            batch: a placed batch, or jax.ShapeDtypeStructs with shardings;
                only its shapes are used.

        Returns:
            The compiled step; it consumes (donates) the state it is given.

        Raises:
            UserError: the batch does not divide over devices and parts.
        """
        rows = next(iter(batch.values())).shape[0]
        shardings.check_batch_size(rows, self.mesh)
        parts = self.num_microbatches or 1
        count = shardings.num_batch_shards(self.mesh)
        if rows % parts or rows // parts % count:
            raise UserError(
                f"A batch of {rows} does not split into {parts} microbatches "
                f"over {count} devices."
            )
        step = train_step.make_train_step(
            self.model,
            self._optimizer,
            dropout_seed=self.random_seed + 1,
            num_microbatches=self.num_microbatches,
            ema_decay=self.ema_decay,
        )
        places = jax.tree.map(lambda x: x.sharding, self.abstract_state)
        jitted = jax.jit(
            self.partitioner.on_mesh(step, self.mesh),
            donate_argnums=0,
            out_shardings=places,
        )
        start = time.monotonic()
        compiled = jitted.lower(self.abstract_state, batch).compile()
        logging.info("Compiled the step in %.1f s.", time.monotonic() - start)
        return compiled

    @functools.cached_property
    def eval_step(self) -> train_step.EvalStep:
        """The evaluation step, compiled at its first call of a shape."""
        step = train_step.make_eval_step(self.model)
        return jax.jit(
            self.partitioner.on_mesh(step, self.mesh),
            donate_argnums=1,
            out_shardings=shardings.replicated(self.mesh),
        )
