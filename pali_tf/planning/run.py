"""What is planned: a trainer and the shapes of its batches."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding

from pali_tf.partitioning import shardings
from pali_tf.training.trainer import Trainer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """A run as its gin file says; nothing of it is allocated."""

    trainer: Trainer
    batch_size: int
    feature_lengths: Mapping[str, int]

    @property
    def num_inputs(self) -> int:
        """S, text tokens of the encoder."""
        return self.feature_lengths["inputs"]

    @property
    def num_targets(self) -> int:
        """T, tokens of the decoder."""
        return self.feature_lengths["targets"]

    def abstract_batch(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Gives the model features of a step, placed on the trainer's mesh."""
        rows = self.batch_size
        side = self.trainer.model.config.vision.image_size
        inputs, targets = (rows, self.num_inputs), (rows, self.num_targets)
        features: dict[str, tuple[tuple[int, ...], Any]] = {
            "images": ((rows, side, side, 3), jnp.uint8),
            "image_mask": ((rows,), jnp.bool_),
            "encoder_input_tokens": (inputs, jnp.int32),
            "decoder_input_tokens": (targets, jnp.int32),
            "decoder_target_tokens": (targets, jnp.int32),
            "decoder_loss_weights": (targets, jnp.float32),
            "task_id": ((rows,), jnp.int32),
        }
        sharding = shardings.batch_sharding(self.trainer.mesh)
        return {
            name: jax.ShapeDtypeStruct(shape, dtype, sharding=sharding)
            for name, (shape, dtype) in features.items()
        }


def bytes_on_a_device(leaf: jax.ShapeDtypeStruct) -> int:
    """Gives the bytes of one device's share of an array."""
    sharding = leaf.sharding
    shape = leaf.shape
    if isinstance(sharding, NamedSharding):
        shape = sharding.shard_shape(leaf.shape)
    return jnp.dtype(leaf.dtype).itemsize * math.prod(shape)
