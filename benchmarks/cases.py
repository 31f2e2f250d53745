"""What is measured: each case is prepared once, then called again and again."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.peers.workload import make_batch
from pali_tf.models.pali.config import get_config
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.trainer import Trainer

# As gin/pali_tiny.gin trains it.
BATCH_SIZE, NUM_INPUTS, NUM_TARGETS = 32, 48, 40
NUM_SCENES = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """A function that does `items` of `unit` at each call."""

    name: str
    items: int
    unit: str
    run: Callable[[], Any]


def data_cases() -> Iterator[Case]:
    """Drawing scenes, and reading their JPEG files back as batches."""
    import tensorflow as tf

    from pali_tf.data.images import decode_image
    from pali_tf.sample_world import render, world

    config = world.make_config(level="grid", num_train=NUM_SCENES, seed=0)

    def draw() -> list[bytes]:
        return [
            render.encode_jpeg(
                render.render(world.make_scene(config, "train", index))
            )
            for index in range(NUM_SCENES)
        ]

    files = tf.constant(draw())

    @tf.function
    def decode() -> tf.Tensor:
        return tf.map_fn(
            lambda file: decode_image(file, 64),
            files,
            fn_output_signature=tf.TensorSpec([64, 64, 3], tf.uint8),
        )

    yield Case(name="draw scenes", items=NUM_SCENES, unit="images", run=draw)
    yield Case(name="decode JPEG", items=NUM_SCENES, unit="images", run=decode)


def model_cases() -> Iterator[Case]:
    """The ViT alone, a training step, greedy decoding."""
    config = get_config("tiny")
    model = PaliTrainingModel(
        config=config,
        optimizer_def=Adafactor(),
        trainable=r"(?!vision/).*",
    )
    trainer = Trainer(
        model=model,
        partitioner=PjitPartitioner(),
        num_tasks=1,
        random_seed=0,
        learning_rate_fn=lambda step: 0.01,
    )
    batch = make_batch(config, BATCH_SIZE, NUM_TARGETS, NUM_INPUTS)
    batch = trainer.place(batch | {"task_id": np.zeros(BATCH_SIZE, np.int32)})
    params = jax.jit(model.init)(jax.random.key(0))

    encode = jax.jit(
        lambda images: model.functional.call(
            lambda pali, pixels: pali.encode_image(pixels), params, images
        )
    )
    yield Case(
        name="ViT tokens",
        items=BATCH_SIZE,
        unit="images",
        run=lambda: encode(batch["images"]),
    )
    decode = jax.jit(
        lambda values: model.predict_batch_with_aux(
            params, values, max_decode_len=NUM_TARGETS
        )
    )
    yield Case(
        name="greedy decoding",
        items=BATCH_SIZE,
        unit="answers",
        run=lambda: decode(batch),
    )
    step = trainer.compile_train_step(batch)
    state = [trainer.init_state()]

    def train() -> Any:
        state[0] = step(state[0], batch)  # The step takes the old state over.
        return state[0].step

    yield Case(
        name="training step", items=BATCH_SIZE, unit="examples", run=train
    )
