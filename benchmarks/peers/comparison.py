"""Runs cells on both sides in turn, and prints a row for each."""

import argparse
import contextlib
import dataclasses
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks import results
from benchmarks.peers import workload
from benchmarks.peers.worker import Worker
from pali_tf.backend import set_backend

# The first compiles, on our side; on both, memory is touched anew until the
# third.
_WARM_UP_CALLS = 3
_PEER = "benchmarks.peers.hugging_face"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the table.

    Attributes:
        name: of the row.
        do: what the workers are asked.
        arguments: of it.
        items: how many tokens or examples one call makes.
    """

    name: str
    do: str
    arguments: dict[str, Any]
    items: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Side:
    """What one side took for a cell.

    Attributes:
        seconds: of each call after the first ones.
        peak_bytes: the largest memory of its process during them.
        output: of the last call.
    """

    seconds: list[float]
    peak_bytes: int
    output: Any


def parse(argv: list[str], doc: str) -> argparse.Namespace:
    """Parses the flags that both comparisons have."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument(
        "--peer_python",
        default=sys.executable,
        help="an interpreter with pali_tf's extra [parity]: torch and "
        "transformers",
    )
    parser.add_argument("--calls", type=int, default=3, help="of each cell")
    parser.add_argument(
        "--small", action="store_true", help="tiny sizes: does it all work?"
    )
    parser.add_argument(
        "--output_dir", type=pathlib.Path, default=pathlib.Path("bench")
    )
    return parser.parse_args(argv)


@contextlib.contextmanager
def both_sides(
    flags: argparse.Namespace, our_module: str
) -> Iterator[tuple[Worker, Worker]]:
    """Starts both workers on the same weights, which the peer draws."""
    sizes = dataclasses.asdict(
        workload.SMALL if flags.small else workload.Sizes()
    )
    with tempfile.TemporaryDirectory() as folder:
        # Workers inherit it; it must be set before they import keras.
        set_backend("jax")
        peer = Worker(_PEER, flags.peer_python)
        peer.ask("make", folder=folder, sizes=sizes)
        ours = Worker(our_module)
        try:
            for worker in (ours, peer):
                print(
                    worker.module,
                    worker.ask("load", folder=folder, sizes=sizes),
                )
            yield ours, peer
        finally:
            ours.close()
            peer.close()


def measure(
    workers: tuple[Worker, Worker], cell: Cell, calls: int
) -> tuple[Side, Side]:
    """Runs a cell on both sides, call by call in turn."""
    replies: tuple[list, list] = ([], [])
    for _ in range(_WARM_UP_CALLS + calls):
        for worker, of_side in zip(workers, replies, strict=True):
            of_side.append(worker.ask(cell.do, **cell.arguments))
    ours, peer = (
        Side(
            seconds=[reply["seconds"] for reply in of_side[_WARM_UP_CALLS:]],
            peak_bytes=max(
                reply["peak_bytes"] for reply in of_side[_WARM_UP_CALLS:]
            ),
            output=of_side[-1]["output"],
        )
        for of_side in replies
    )
    return ours, peer


def compare(
    flags: argparse.Namespace,
    cells: list[Cell],
    *,
    unit: str,
    agreement: Any,
    file: str,
    our_module: str,
) -> None:
    """Measures every cell, prints the table and writes it as JSON.

    Args:
        flags: of `parse`.
        cells: the rows.
        unit: of the items.
        agreement: gives, of both outputs, what shows that both sides computed
            the same.
        file: name of the JSON file in the output folder.
        our_module: of our worker.
    """
    rows = []
    with both_sides(flags, our_module) as workers:
        print(
            f"{'':<18}{unit + '/s':>12}{'peer':>10}{'ratio':>8}"
            f"{'GiB':>8}{'peer':>8}   agreement"
        )
        for cell in cells:
            ours, peer = measure(workers, cell, flags.calls)
            rates = [
                cell.items / statistics.median(side.seconds)
                for side in (ours, peer)
            ]
            agreed = agreement(ours.output, peer.output)
            rows.append(
                {
                    "name": cell.name,
                    f"{unit}_per_second": rates,
                    "ratio": rates[0] / rates[1],
                    "peak_bytes": [ours.peak_bytes, peer.peak_bytes],
                    "seconds": [ours.seconds, peer.seconds],
                    "agreement": agreed,
                }
            )
            print(
                f"{cell.name:<18}{rates[0]:>12.2f}{rates[1]:>10.2f}"
                f"{rates[0] / rates[1]:>7.2f}x"
                f"{ours.peak_bytes / 2**30:>8.2f}"
                f"{peer.peak_bytes / 2**30:>8.2f}   {agreed}",
                flush=True,
            )
    results.write(flags.output_dir, file, {"rows": rows})
