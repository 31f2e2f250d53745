"""A run to plan: the tiny PaLI, its trainer and the shapes of its batches."""

import dataclasses

import numpy as np

from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.planning.run import Run
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.trainer import Trainer
from tests.support.tiny_pali import make_config

FROZEN_VISION = "(?!vision/).*"


def make_run(
    config=None,
    *,
    trainable: str = FROZEN_VISION,
    batch_size: int = 64,
    num_microbatches: int | None = None,
    devices=None,
    **partitioner: object,
) -> Run:
    """A run of the tiny PaLI, or of `config`; the rest lays it out."""
    return Run(
        trainer=Trainer(
            model=PaliTrainingModel(
                config=config or make_config(),
                optimizer_def=Adafactor(),
                trainable=trainable,
            ),
            partitioner=PjitPartitioner(**partitioner),
            num_tasks=3,
            random_seed=0,
            learning_rate_fn=lambda step: 1e-2,
            num_microbatches=num_microbatches,
            devices=devices,
        ),
        batch_size=batch_size,
        feature_lengths={"inputs": 7, "targets": 6},
    )


@dataclasses.dataclass(frozen=True)
class MadeUpDevice:
    """What a plan reads of a device."""

    id: int
    coords: tuple[int, ...]
    platform: str = "made up"


def made_up_devices(*shape: int) -> list[MadeUpDevice]:
    """Devices of a torus, which no JAX of this machine has."""
    return [
        MadeUpDevice(i, place) for i, place in enumerate(np.ndindex(*shape))
    ]
