"""What is planned: a trainer, the shapes of its batches, and its layout."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AbstractMesh, NamedSharding

from pali_tf.partitioning import shardings
from pali_tf.partitioning.axis_rules import standard_logical_axis_rules
from pali_tf.partitioning.mesh import MESH_AXES
from pali_tf.partitioning.shardings import PjitPartitioner
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """The knobs of a layout; their names are the gin macros', in lower case."""

    num_partitions: int = 1
    num_fsdp_partitions: int = 1
    parameter_partitioning_dims: int = 1
    activation_partitioning_dims: int = 1
    remat_policy: str = "block"
    num_microbatches: int = 1

    def flags(self) -> str:
        """The command-line flags of `pali train` and `pali plan` for it."""
        flags = [
            f"--gin.NUM_PARTITIONS={self.num_partitions}",
            f"--gin.REMAT_POLICY=\"'{self.remat_policy}'\"",
        ]
        for name in (
            "parameter_partitioning_dims",
            "activation_partitioning_dims",
        ):
            if getattr(self, name) != 1:
                flags.append(f"--gin.{name.upper()}={getattr(self, name)}")
        if self.num_fsdp_partitions != 1:
            flags.append("--gin_file=gin/partitioning/fsdp.gin")
            flags.append(
                f"--gin.NUM_FSDP_PARTITIONS={self.num_fsdp_partitions}"
            )
        if self.num_microbatches != 1:
            flags.append(
                f"--gin.runtime.Trainer.num_microbatches="
                f"{self.num_microbatches}"
            )
        return " ".join(flags)

    def mesh(self, num_devices: int) -> AbstractMesh:
        """Gives the shape of the mesh, without devices."""
        copy = self.num_fsdp_partitions * self.num_partitions
        return AbstractMesh(
            (
                num_devices // copy,
                self.num_fsdp_partitions,
                self.num_partitions,
            ),
            MESH_AXES,
        )


def layout_of(run: Run) -> Layout:
    """Reads the layout that a run's gin file asks for."""
    partitioner = run.trainer.partitioner
    rules = list(partitioner.rules())
    embed = [axes for name, axes in rules if name == "embed"]
    return Layout(
        num_partitions=partitioner.num_partitions or 1,
        num_fsdp_partitions=partitioner.num_fsdp_partitions,
        parameter_partitioning_dims=(2 if ("data", "fsdp") in embed else 1),
        activation_partitioning_dims=2 if "model" in embed else 1,
        remat_policy=run.trainer.model.config.language.remat_policy,
        num_microbatches=run.trainer.num_microbatches or 1,
    )


def with_layout(run: Run, layout: Layout, devices: Any = None) -> Run:
    """Gives the same run laid out otherwise.

    Without `devices`, on its own.
    """
    model = run.trainer.model
    # The same model where nothing of it changes: it is costly to build.
    if layout.remat_policy != model.config.language.remat_policy:
        towers = {
            name: dataclasses.replace(
                getattr(model.config, name), remat_policy=layout.remat_policy
            )
            for name in ("vision", "language")
        }
        config = dataclasses.replace(model.config, **towers)
        model = dataclasses.replace(model, config=config)
    trainer = dataclasses.replace(
        run.trainer,
        model=model,
        partitioner=PjitPartitioner(
            num_partitions=layout.num_partitions,
            num_fsdp_partitions=layout.num_fsdp_partitions,
            logical_axis_rules=standard_logical_axis_rules(
                layout.activation_partitioning_dims,
                layout.parameter_partitioning_dims,
            ),
        ),
        num_microbatches=layout.num_microbatches,
        devices=devices or run.trainer.devices,
    )
    return dataclasses.replace(run, trainer=trainer)
