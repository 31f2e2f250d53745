"""Layouts compared: by formula all, by the compiler the best few."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from absl import logging

from pali_tf.errors import UserError
from pali_tf.planning import ahead_of_time
from pali_tf.planning.ahead_of_time import CompiledStep, DoesNotFit
from pali_tf.planning.estimate import Estimate, estimate
from pali_tf.planning.run import Layout, Run, layout_of, with_layout
from pali_tf.planning.topology import Topology

_NUM_PARTITIONS = (1, 2, 4, 8)
_NUM_FSDP_PARTITIONS = (1, 4, 16)
_NUM_MICROBATCHES = (1, 2, 4)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidate:
    """A layout, and what is known of it.

    `compiled` is None where the compiler was not asked.
    """

    estimate: Estimate
    compiled: CompiledStep | DoesNotFit | None = None


def candidates(
    run: Run, topology: Topology, devices: list[Any]
) -> list[Candidate]:
    """Estimates every layout that divides, the run's own first, then by time.

    Layouts that the formulas put over the memory of a chip come last.
    """
    own = layout_of(run)
    found = []
    layouts = dict.fromkeys([own, *_layouts(own)])
    policies = {layout.remat_policy for layout in layouts}
    of_policy = {
        policy: with_layout(run, dataclasses.replace(own, remat_policy=policy))
        for policy in policies
    }
    for layout in layouts:
        laid_out = with_layout(of_policy[layout.remat_policy], layout, devices)
        if not _divides(laid_out, len(devices)):
            continue
        mesh = laid_out.trainer.mesh
        found.append(Candidate(estimate=estimate(laid_out, mesh, topology)))
    room = topology.chip.device().hbm_bytes

    def order(candidate: Candidate) -> tuple[bool, bool, float]:
        it = candidate.estimate
        fits = it.peak_bytes <= room
        return it.layout != own, not fits, it.roofline.most

    return sorted(found, key=order)


def compile_best(
    run: Run, ranked: list[Candidate], devices: list[Any], limit: int
) -> Iterator[Candidate]:
    """Compiles candidates in turn, one at a time."""
    for i, candidate in enumerate(ranked[:limit]):
        layout = candidate.estimate.layout
        logging.info("Compiling %d of %d: %s", i + 1, limit, layout.flags())
        yield dataclasses.replace(
            candidate,
            compiled=ahead_of_time.compile_step(
                with_layout(run, layout, devices)
            ),
        )


def recommend(
    found: Sequence[Candidate], topology: Topology
) -> Candidate | None:
    """Gives the fastest that fits; None: none does.

    What was compiled fits if the compiler took it, the others by formula. The
    run's own layout, which is first, stays where none is faster by 1%.
    """
    room = topology.chip.device().hbm_bytes

    def fits(candidate: Candidate) -> bool:
        if candidate.compiled is None:
            return candidate.estimate.peak_bytes <= room
        return isinstance(candidate.compiled, CompiledStep)

    fit = [candidate for candidate in found if fits(candidate)]
    least = min((c.estimate.roofline.most for c in fit), default=0.0)
    near = (c for c in fit if c.estimate.roofline.most <= 1.01 * least)
    return next(near, None)


def _layouts(own: Layout) -> Iterator[Layout]:
    policies = ("block", "full")
    if own.remat_policy == "none":
        policies = ("none", *policies)
    for model, fsdp, parameters, activations, remat, parts in itertools.product(
        _NUM_PARTITIONS,
        _NUM_FSDP_PARTITIONS,
        (1, 2),
        (1, 2),
        policies,
        _NUM_MICROBATCHES,
    ):
        if (parameters == 2 and fsdp > 1) or (activations == 2 and model == 1):
            continue
        yield Layout(
            num_partitions=model,
            num_fsdp_partitions=fsdp,
            parameter_partitioning_dims=parameters,
            activation_partitioning_dims=activations,
            remat_policy=remat,
            num_microbatches=parts,
        )


def _divides(run: Run, num_devices: int) -> bool:
    layout = layout_of(run)
    copy = layout.num_partitions * layout.num_fsdp_partitions
    if num_devices % copy:
        return False
    shards = layout.num_microbatches * num_devices // layout.num_partitions
    if run.batch_size % shards:
        return False
    try:
        run.trainer.partitioner.parameter_shardings(
            layout.mesh(num_devices),  # type: ignore[arg-type]
            run.trainer.model.functional.specs,
        )
    except UserError:  # A parameter does not divide over its axes.
        return False
    return True
