"""What `pali plan` prints: tables of memory, FLOPs, collectives and time."""

from collections.abc import Iterable, Sequence

from pali_tf.planning import memory
from pali_tf.planning.ahead_of_time import CompiledStep, DoesNotFit
from pali_tf.planning.flops import PartFlops
from pali_tf.planning.interconnect import Traffic
from pali_tf.planning.memory import PartMemory
from pali_tf.planning.parameters import format_bytes
from pali_tf.planning.roofline import Roofline
from pali_tf.planning.search import Candidate
from pali_tf.planning.topology import Topology


def format_memory(parts: Iterable[PartMemory]) -> str:
    """Formats the formulas' bytes of one device, a line a part."""
    parts = list(parts)
    columns = ("parameters", "optimizer", "gradients", "kept", "working")
    rows = [
        [part.part, *(format_bytes(getattr(part, name)) for name in columns)]
        for part in parts
    ]
    sums = [sum(getattr(part, name) for part in parts) for name in columns]
    sums[-1] = max(part.working for part in parts)
    rows.append(["together", *map(format_bytes, sums)])
    rows.append(["peak", format_bytes(memory.peak_bytes(parts))])
    return format_table(["one device", *columns], rows)


def format_flops(parts: Iterable[PartFlops], batch_size: int) -> str:
    """Formats FLOPs an example and a step, a line a part."""
    parts = list(parts)
    whole = PartFlops(
        part="together",
        forward=sum(part.forward for part in parts),
        again=sum(part.again for part in parts),
        backward=sum(part.backward for part in parts),
    )
    return format_table(
        ["TFLOP an example", "forward", "again", "backward", "a step"],
        [
            [
                part.part,
                *(
                    f"{flops / 1e12:.3f}"
                    for flops in (part.forward, part.again, part.backward)
                ),
                f"{part.hardware * batch_size / 1e15:.2f} PFLOP",
            ]
            for part in [*parts, whole]
        ],
    )


def format_compiled(step: CompiledStep, topology: Topology) -> str:
    """Formats what the compiler says of a step that fits."""
    has = topology.chip.device().hbm_bytes
    lines = [
        ("state", step.state_bytes, "parameters, optimizer, metrics"),
        ("arguments", step.arguments_bytes, "state and batch"),
        ("temporaries", step.temporaries_bytes, "gradients, activations"),
        ("program", step.program_bytes, ""),
        ("peak", step.peak_bytes, f"of {format_bytes(has)}: it fits"),
    ]
    return "\n".join(
        [
            f"compiled for {topology.name} in {step.seconds:.0f} s",
            *(
                f"{name:<12} {format_bytes(size):>10}  {note}".rstrip()
                for name, size, note in lines
            ),
        ]
    )


def format_does_not_fit(step: DoesNotFit, topology: Topology) -> str:
    """Formats what the compiler says of a step that does not, and the ways."""
    needs = ""
    if step.needs_bytes:
        needs = (
            f": needs {format_bytes(step.needs_bytes)} of the "
            f"{format_bytes(step.available_bytes)} that a program may use"
        )
    return (
        f"does not fit {topology.name}{needs} ({step.seconds:.0f} s)\n"
        f"  {step.message}\n"
        "  try --search, or by hand: --gin.PARAMETER_PARTITIONING_DIMS=2 or "
        "gin/partitioning/fsdp.gin\n  (parameters), "
        "--gin.runtime.Trainer.num_microbatches=2 (activations),\n"
        "  --gin.ACTIVATION_PARTITIONING_DIMS=2, "
        "--gin.REMAT_POLICY=\"'full'\" (what blocks keep)"
    )


def format_traffic(rows: Sequence[Traffic], unknown: Sequence[str]) -> str:
    """Formats collectives by kind and mesh axes, on one device and step."""
    table = format_table(
        ["collective", "axes", "times", "arrays", "sent", "seconds"],
        [
            [
                row.kind,
                "+".join(row.axes),
                str(row.times),
                format_bytes(row.payload_bytes),
                format_bytes(row.wire_bytes),
                f"{row.seconds:.3f}",
            ]
            for row in rows
        ],
    )
    if unknown:
        table += f"\nloops of unknown length, counted once: {len(unknown)}"
    return table


def format_roofline(roofline: Roofline, topology: Topology) -> str:
    """Formats the bounds on a step's time, and what they assume."""
    chip = topology.chip.device()
    least, most = roofline.least, roofline.most
    return "\n".join(
        [
            f"step         {least:.2f} s (all overlaps) to {most:.2f} s "
            "(nothing does)",
            f"MFU          {roofline.mfu(least):.0%} to "
            f"{roofline.mfu(most):.0%}",
            f"  compute      {roofline.compute:.2f} s: matrix products, "
            f"runs for the gradient too, at {chip.peak_flops / 1e12:.0f} "
            "TFLOP/s",
            f"  memory       {roofline.memory:.2f} s: their arrays and the "
            f"optimizer's, at {chip.hbm_bandwidth / 1e9:.0f} GB/s",
            f"  interconnect {roofline.interconnect:.2f} s: rings of "
            f"{chip.link_bandwidth / 1e9:.0f} GB/s a link and direction",
            "  both bounds assume full rates; MFU counts no work twice",
        ]
    )


def format_candidates(found: Sequence[Candidate]) -> str:
    """Formats layouts side by side."""
    rows = []
    for candidate in found:
        it, layout = candidate.estimate, candidate.estimate.layout
        rows.append(
            [
                str(layout.num_partitions),
                str(layout.num_fsdp_partitions),
                str(layout.parameter_partitioning_dims),
                str(layout.activation_partitioning_dims),
                layout.remat_policy,
                str(layout.num_microbatches),
                format_bytes(it.peak_bytes),
                _verdict(candidate.compiled),
                f"{it.roofline.least:.2f} to {it.roofline.most:.2f}",
                f"{it.roofline.mfu(it.roofline.most):.0%}",
            ]
        )
    return format_table(
        [
            "model",
            "fsdp",
            "param. dims",
            "act. dims",
            "remat",
            "parts",
            "formula",
            "compiled",
            "seconds a step",
            "least MFU",
        ],
        rows,
    )


def _verdict(compiled: CompiledStep | DoesNotFit | None) -> str:
    if compiled is None:
        return "-"
    if isinstance(compiled, DoesNotFit):
        needs = compiled.needs_bytes
        return f"no: {format_bytes(needs)}" if needs else "no"
    return format_bytes(compiled.peak_bytes)


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligns cells: the first column left, the others right."""
    whole = [list(head), *(list(row) for row in rows)]
    count = len(head)
    for row in whole:
        row += [""] * (count - len(row))
    widths = [max(len(row[i]) for row in whole) for i in range(count)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in whole
    )
