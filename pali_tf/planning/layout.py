"""How a run is laid out: what a plan may vary, beside the run itself."""

import dataclasses
from typing import Any

from jax.sharding import AbstractMesh

from pali_tf.partitioning.axis_rules import standard_logical_axis_rules
from pali_tf.partitioning.mesh import MESH_AXES
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.planning.run import Run


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
