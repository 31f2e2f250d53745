"""Trains the same steps on one device and on meshes of eight.

KERAS_BACKEND=jax XLA_FLAGS=--xla_force_host_platform_device_count=8 \
    python -m tests.support.mesh_training_child

Prints, as JSON, the losses of each step by the name of the layout.
"""

import dataclasses
import json
import sys

import jax
import numpy as np

from pali_tf.models.pali.config import PaliConfig
from pali_tf.partitioning.axis_rules import standard_logical_axis_rules
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training import metrics
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.schedules import create_learning_rate_scheduler
from pali_tf.training.trainer import Trainer
from tests.support import tiny_pali

NUM_STEPS = 20
BATCH_SIZE = 16


@dataclasses.dataclass(frozen=True)
class Layout:
    """A mesh of eight devices, and what else must not change the losses."""

    data: int
    fsdp: int
    model: int
    activation_dims: int = 1
    parameter_dims: int = 1
    microbatches: int | None = None
    remat: str = "none"

    @property
    def name(self) -> str:
        mesh = f"{self.data}x{self.fsdp}x{self.model}"
        dims = f"activations {self.activation_dims}-D"
        rest = f"parameters {self.parameter_dims}-D, remat {self.remat}"
        return f"{mesh}, {dims}, {rest}, parts {self.microbatches or 1}"


LAYOUTS = (
    Layout(8, 1, 1),
    Layout(4, 1, 2, activation_dims=2),
    Layout(2, 1, 4, parameter_dims=2, microbatches=2),
    Layout(1, 1, 8, activation_dims=2, parameter_dims=2),
    Layout(2, 2, 2, remat="full"),
    Layout(2, 2, 2, parameter_dims=2),
)


def make_config(remat: str) -> PaliConfig:
    """The tiny model, its heads as many as the devices."""
    config = tiny_pali.make_config(depth=1)
    return dataclasses.replace(
        config,
        vision=dataclasses.replace(
            config.vision, num_heads=8, remat_policy=remat
        ),
        language=dataclasses.replace(
            config.language, num_heads=8, head_dim=2, remat_policy=remat
        ),
    )


def make_batch(step: int) -> dict[str, np.ndarray]:
    parts = [tiny_pali.make_batch(10 * step + i) for i in range(6)]
    return {
        name: np.concatenate([part[name] for part in parts])[:BATCH_SIZE]
        for name in parts[0]
    }


def make_trainer(layout: Layout, num_devices: int) -> Trainer:
    return Trainer(
        model=PaliTrainingModel(
            config=make_config(layout.remat),
            optimizer_def=Adafactor(),
            trainable=".*",
        ),
        partitioner=PjitPartitioner(
            num_partitions=layout.model,
            num_fsdp_partitions=layout.fsdp,
            logical_axis_rules=standard_logical_axis_rules(
                layout.activation_dims, layout.parameter_dims
            ),
        ),
        num_tasks=3,
        random_seed=0,
        learning_rate_fn=create_learning_rate_scheduler(
            factors="constant", base_learning_rate=0.01
        ),
        num_microbatches=layout.microbatches,
        devices=jax.devices()[:num_devices],
    )


def losses(trainer: Trainer) -> list[float]:
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(make_batch(0)))
    found = []
    for i in range(NUM_STEPS):
        state = step(state, trainer.place(make_batch(i)))
        sums = jax.device_get(state.metrics)
        found.append(metrics.summarize(sums, ["a", "b", "c"])["loss"])
        state = dataclasses.replace(state, metrics=trainer.zero_metrics())
    return found


def main() -> None:
    """Trains on one device, then on each layout."""
    found = {"one device": losses(make_trainer(Layout(1, 1, 1), 1))}
    for layout in LAYOUTS:
        found[layout.name] = losses(make_trainer(layout, 8))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
