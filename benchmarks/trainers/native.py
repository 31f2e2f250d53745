"""Our trainer: the bare compiled step, and the loop around it."""

import dataclasses
import functools
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.peers.worker import serve
from benchmarks.trainers import workload
from benchmarks.trainers.text_model import TextTrainingModel
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig, get_config
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import host_memory, loop
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.train_step import TrainStep
from pali_tf.training.trainer import Trainer
from pali_tf.types import Batch


class CompiledOnce(Trainer):
    """A trainer of one batch shape: the loop runs the step timed bare."""

    @functools.cached_property
    def _steps(self) -> list[TrainStep]:
        return []

    def compile_train_step(self, batch: Batch) -> TrainStep:
        """Gives the step compiled at the first call."""
        if not self._steps:
            self._steps.append(super().compile_train_step(batch))
        return self._steps[0]


def make_trainer(language: MT5Config, dtype: str) -> Trainer:
    """Makes the trainer of the language part alone."""
    config = PaliConfig(
        vision=get_config("tiny", dtype=dtype).vision,
        language=dataclasses.replace(language, dtype=dtype),
    )
    return CompiledOnce(
        model=TextTrainingModel(config=config, optimizer_def=Adafactor()),
        partitioner=PjitPartitioner(),
        num_tasks=1,
        random_seed=0,
        learning_rate_fn=lambda step: 1e-3,
    )


class Native:
    """The trainer and its batch."""

    def load(self, size: str, dtype: str) -> dict[str, Any]:
        """Compiles the step."""
        of = workload.SIZES[size]
        self.trainer = make_trainer(of.config, dtype)
        rows = of.batch_size
        self.batch = workload.make_batch(of) | {
            "image_mask": np.zeros(rows, bool),
            "task_id": np.zeros(rows, np.int32),
        }
        self.placed = self.trainer.place(self.batch)
        self.compiled = self.trainer.compile_train_step(self.placed)
        return {
            "parameters": self.trainer.model.functional.num_parameters,
            "devices": str(jax.devices()),
        }

    def step(self, num_steps: int) -> dict[str, Any]:
        """Times the compiled step on a batch that stays on the device."""
        state = self.trainer.init_state()
        jax.block_until_ready(state)
        begin = time.perf_counter()
        for _ in range(num_steps):
            state = self.compiled(state, self.placed)
        jax.block_until_ready(state)
        return {"seconds": time.perf_counter() - begin}

    def loop(self, num_steps: int) -> dict[str, Any]:
        """Times the loop from its first step to its end.

        Batches come from the host, through the prefetcher; numbers are logged
        and written every ten steps.
        """
        begin = [0.0]

        def before_first_step(*arguments: Any) -> None:
            del arguments
            begin[0] = time.perf_counter()

        def batches(start: int) -> Iterator[dict[str, np.ndarray]]:
            del start
            while True:
                yield self.batch

        with tempfile.TemporaryDirectory() as model_dir:
            loop.run(
                self.trainer,
                loop.RunConfig(
                    model_dir=model_dir,
                    total_steps=num_steps,
                    stats_period=10,
                    task_names=("text",),
                ),
                loop.Hooks(
                    batches_from=batches, before_first_step=before_first_step
                ),
            )
            seconds = time.perf_counter() - begin[0]
        return {"seconds": seconds}


if __name__ == "__main__":
    host_memory.keep_between_steps()  # As `pali train` does.
    serve(Native())
