"""A plan by formula: memory and the time of a step, without a compiler."""

import dataclasses
import math

from jax.sharding import Mesh

from pali_tf.planning import flops, interconnect, memory, roofline
from pali_tf.planning.matrix_products import MatrixProduct
from pali_tf.planning.memory import PartMemory
from pali_tf.planning.roofline import Roofline
from pali_tf.planning.run import Layout, Run, layout_of
from pali_tf.planning.topology import Topology


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """What the formulas say of a layout."""

    layout: Layout
    parts: list[PartMemory]
    roofline: Roofline

    @property
    def peak_bytes(self) -> int:
        """Memory of one device at its fullest."""
        return memory.peak_bytes(self.parts)


def estimate(run: Run, mesh: Mesh, topology: Topology) -> Estimate:
    """Estimates a run on a slice."""
    layout = layout_of(run)
    parts = memory.memory_by_part(run, layout.mesh(mesh.size))
    return Estimate(
        layout=layout,
        parts=parts,
        roofline=roofline_of(
            run,
            parts,
            topology,
            _interconnect_seconds(run, parts, mesh, topology),
        ),
    )


def flops_of(run: Run) -> list[flops.PartFlops]:
    """Gives the FLOPs of a run's parts, an example."""
    return flops.flops_by_part(_products(run))


def _products(run: Run) -> list[tuple[MatrixProduct, flops.Passes]]:
    return flops.products_with_passes(
        run.trainer.model.config,
        run.num_inputs,
        run.num_targets,
        run.trainer.split.trainable,
    )


def roofline_of(
    run: Run,
    parts: list[PartMemory],
    topology: Topology,
    interconnect_seconds: float,
) -> Roofline:
    """Gives the roofline of a run whose collectives are known."""
    num_devices, chip = topology.num_devices, topology.chip.device()
    of_model = flops_of(run)
    examples = run.batch_size / num_devices
    hardware = sum(part.hardware for part in of_model) * examples
    hbm_bytes = _hbm_bytes(run, parts, num_devices)
    return Roofline(
        compute=hardware / chip.peak_flops,
        memory=hbm_bytes / chip.hbm_bandwidth,
        interconnect=interconnect_seconds,
        model_flops=sum(part.model for part in of_model) * examples,
        peak_flops=chip.peak_flops,
    )


def _hbm_bytes(run: Run, parts: list[PartMemory], num_devices: int) -> float:
    layout = layout_of(run)
    model, micro = layout.num_partitions, layout.num_microbatches
    rows = run.batch_size / (micro * num_devices / model)
    moved = micro * sum(
        roofline.product_bytes(product, passes, rows, model, _itemsize(run))
        for product, passes in _products(run)
    )
    for part in parts:
        # The optimizer reads and writes parameters, slots and gradients.
        if part.gradients:
            moved += 2 * (part.parameters + part.optimizer + part.gradients)
    return moved


def _itemsize(run: Run) -> int:
    dtype = run.trainer.model.config.language.dtype
    return 2 if dtype == "bfloat16" else 4


def _interconnect_seconds(
    run: Run, parts: list[PartMemory], mesh: Mesh, topology: Topology
) -> float:
    def rate(*axes: str) -> float:
        return interconnect.axis_bandwidth(axes, mesh, topology)

    seconds = 0.0
    if mesh.shape["model"] > 1:
        seconds += _activation_bytes(run, mesh) / rate("model")
    layout = layout_of(run)
    sharded = ("fsdp",)
    if layout.parameter_partitioning_dims == 2:
        sharded = ("data", "fsdp")
    copies = tuple(axis for axis in ("data", "fsdp") if axis not in sharded)
    shards = math.prod(mesh.shape[axis] for axis in sharded)
    groups = math.prod(mesh.shape[axis] for axis in copies)
    numbers = sum(part.gradients for part in parts) / 4
    itemsize = _itemsize(run)
    if shards > 1:
        # Weights are gathered for each pass and microbatch, and the gradients
        # of each scattered, in the type of activations.
        passes = {"none": 2, "block": 3, "full": 4}[layout.remat_policy]
        times = (passes + 1) * layout.num_microbatches
        seconds += times * itemsize * numbers * (shards - 1) / rate(*sharded)
    if groups > 1:
        share = (groups - 1) / groups
        seconds += 2 * itemsize * numbers * share / rate(*copies)
    return seconds


def _activation_bytes(run: Run, mesh: Mesh) -> float:
    """Bytes that a device sends to the others of its model axis in a step.

    A block's projections back to its width are summed over the axis, forward
    and again; so are the gradients of what its projections were given.
    """
    model = mesh.shape["model"]
    rows = run.batch_size / (mesh.size / model)
    total = 0.0
    for product, passes in _products(run):
        if product.sharded != "inner":
            continue
        sums = passes.forward + passes.again + (passes.backward > 0)
        width = product.columns * product.count
        total += sums * rows * product.rows * width * _itemsize(run)
    return 2 * total * (model - 1) / model
