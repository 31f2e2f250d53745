"""The steps of `pali plan`: describe, compile, search."""

import resource
import sys
from collections.abc import Callable

from pali_tf.planning import (
    ahead_of_time,
    estimate,
    hlo_collectives,
    interconnect,
    memory,
    parameters,
    report,
    search,
)
from pali_tf.planning.ahead_of_time import CompiledStep, DoesNotFit
from pali_tf.planning.memory import PartMemory
from pali_tf.planning.run import Layout, Run, layout_of, with_layout
from pali_tf.planning.topology import Topology, make_devices

Say = Callable[[str], None]


def describe(run: Run) -> str:
    """Describes a run by formula, as one copy of the model on its devices."""
    trainer = run.trainer
    model = trainer.model
    specs = model.functional.specs
    layout = layout_of(run)
    rows = parameters.make_rows(specs, trainer.split, model.frozen_dtype)
    trains = sum(row.numbers for row in rows if row.trains)
    total = model.functional.num_parameters
    size = parameters.format_bytes
    whole = memory.memory_by_part(run, Layout().mesh(1))
    share = layout.num_fsdp_partitions * layout.num_partitions
    shared = memory.memory_by_part(run, layout.mesh(share))
    return "\n".join(
        [
            parameters.format_rows(rows),
            "",
            f"total        {total:,} numbers ({total / 1e9:.3f}B)",
            f"trains       {trains:,} numbers ({trains / 1e9:.3f}B)",
            f"parameters   {size(sum(row.bytes for row in rows))}",
            f"gradients    {size(4 * trains)}",
            f"optimizer    {size(sum(part.optimizer for part in whole))}",
            "one device   "
            f"{size(sum(part.parameters for part in shared))} of the "
            f"parameters, where {share} hold a copy (NUM_PARTITIONS = "
            f"{layout.num_partitions})",
            "",
            report.format_flops(estimate.flops_of(run), run.batch_size),
            "",
            "Memory by chip, collectives and time: --topology=v4:8x8x16",
        ]
    )


def compile_for(run: Run, topology: Topology, say: Say) -> bool:
    """Compiles a run's step for a slice and says all about it.

    `say` is called with each text as it is known. Gives whether it fits.
    """
    layout = layout_of(run)
    run = with_layout(run, layout, make_devices(topology))
    mesh = run.trainer.mesh
    by_formula = estimate.estimate(run, mesh, topology)
    axes = " x ".join(f"{name} {size}" for name, size in mesh.shape.items())
    say(
        f"{topology.name}: {topology.num_chips} chips, mesh {axes}, "
        f"batch {run.batch_size}\n"
    )
    say(report.format_flops(estimate.flops_of(run), run.batch_size))
    say("\nBy formula:")
    say(report.format_memory(by_formula.parts) + "\n")
    step = ahead_of_time.compile_step(run)
    if isinstance(step, DoesNotFit):
        say(report.format_does_not_fit(step, topology))
        return False
    say(report.format_compiled(step, topology))
    say(f"this process used {_own_memory()} of memory\n")
    _say_time(run, by_formula.parts, step, topology, say)
    return True


def _say_time(
    run: Run,
    parts: list[PartMemory],
    step: CompiledStep,
    topology: Topology,
    say: Say,
) -> None:
    mesh = run.trainer.mesh
    collectives, unknown = hlo_collectives.find_collectives(step.hlo)
    traffic = interconnect.sum_traffic(collectives, mesh, topology)
    say(report.format_traffic(traffic, unknown) + "\n")
    seconds = sum(row.seconds for row in traffic)
    roofline = estimate.roofline_of(run, parts, topology, seconds)
    say(report.format_roofline(roofline, topology))


def search_layouts(run: Run, topology: Topology, limit: int, say: Say) -> bool:
    """Compares layouts of a run on a slice, and recommends one.

    `limit` layouts are compiled; 0: the formulas decide. Gives whether one
    fits.
    """
    devices = make_devices(topology)
    ranked = search.candidates(run, topology, devices)
    say(f"{len(ranked)} layouts by formula; the first is the run's own:")
    say(report.format_candidates(ranked[: max(limit, 10)]) + "\n")
    found = ranked
    if limit:
        found = list(search.compile_best(run, ranked, devices, limit))
        say("Compiled:")
        say(report.format_candidates(found) + "\n")
    best = search.recommend(found, topology)
    if best is None:
        say("None fits: raise --compile_limit, or take a larger slice.")
        return False
    say(f"Recommended: {best.estimate.layout.flags()}")
    return True


def _own_memory() -> str:
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return parameters.format_bytes(unit * peak)
