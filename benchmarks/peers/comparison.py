"""Runs cells on our side, and on a peer's in turn; prints a row for each."""

import argparse
import contextlib
import dataclasses
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks import results
from benchmarks.peers.worker import Worker
from pali_tf.backend import set_backend

_PEER = "benchmarks.peers.hugging_face"
# The first call compiles, on our side; memory is touched anew for some more.
_MOST_WARM_UP_CALLS = 12
_LEAST_WARM_UP_CALLS = 4
# How many of the last calls must be alike, and how much.
_ALIKE_CALLS, _ALIKE_RATIO = 3, 1.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the table; a call makes `items` tokens or examples."""

    name: str
    arguments: dict[str, Any]
    items: int


def parse(argv: list[str], doc: str) -> argparse.Namespace:
    """Parses the flags that both comparisons have."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument(
        "--peer_python",
        help="an interpreter with pali_tf's extra [parity]: torch and "
        "transformers; none: ours alone, on weights of its own",
    )
    parser.add_argument(
        "--calls", type=int, default=5, help="timed, of each cell"
    )
    parser.add_argument(
        "--small", action="store_true", help="tiny sizes: does it all work?"
    )
    results.add_flag(parser)
    return parser.parse_args(argv)


def compare(
    flags: argparse.Namespace,
    cells: list[Cell],
    *,
    do: str,
    unit: str,
    agreement: Callable[[Any, Any], str],
    file: str,
    our_module: str = "benchmarks.peers.ours_jax",
) -> None:
    """Measures every cell, prints the table and writes it as JSON.

    Both sides do `do` with each cell; `agreement` tells from their outputs that
    they computed the same.
    """
    rows = []
    with _workers(flags, our_module, do) as workers:
        heads = [f"{unit}/s", "peer's"][: len(workers)]
        print(
            f"{'median (least to most)':<24}"
            + "".join(f"{head:>24}{'GiB':>8}" for head in heads)
        )
        for cell in cells:
            replies, is_stable = _measure(workers, do, cell, flags.calls)
            sides = [_describe(cell.items, of_side) for of_side in replies]
            row = {"name": cell.name, "is_stable": is_stable, "sides": sides}
            if flags.peer_python:
                outputs = [of_side[-1]["output"] for of_side in replies]
                row["ratio"] = sides[0]["median"] / sides[1]["median"]
                row["agreement"] = agreement(*outputs)
            rows.append(row)
            _print(row)
    results.write(flags.output_dir, file, {"unit": unit, "rows": rows})


@contextlib.contextmanager
def _workers(
    flags: argparse.Namespace, our_module: str, do: str
) -> Iterator[list[Worker]]:
    """Starts our worker and the peer's, which draws the weights of both."""
    size = "small" if flags.small else "base"
    # Workers inherit it; it must be set before they import keras.
    set_backend("jax")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.ExitStack() as closing,
    ):
        workers = [Worker(our_module)]
        if flags.peer_python:
            workers.append(Worker(_PEER, flags.peer_python))
        for worker in workers:
            closing.callback(worker.close)
        if flags.peer_python:
            workers[1].ask("make", folder=folder, size=size)
        for worker in workers:
            loaded = worker.ask(
                "load",
                folder=folder if flags.peer_python else None,
                size=size,
                task=do,
            )
            print(worker.module, loaded)
        yield workers


def _measure(
    workers: Sequence[Worker], do: str, cell: Cell, calls: int
) -> tuple[list[list[dict[str, Any]]], bool]:
    """Calls the sides in turn; those until calls are alike do not count.

    Gives the replies of each side, and whether its calls became alike.
    """
    replies: list[list[dict[str, Any]]] = [[] for _ in workers]

    def call_each() -> None:
        for worker, of_side in zip(workers, replies, strict=True):
            of_side.append(worker.ask(do, **cell.arguments))

    is_stable = False
    while not is_stable and len(replies[0]) < _MOST_WARM_UP_CALLS:
        call_each()
        is_stable = all(
            are_alike([reply["seconds"] for reply in of_side])
            for of_side in replies
        )
    for _ in range(calls):
        call_each()
    return [of_side[-calls:] for of_side in replies], is_stable


def are_alike(seconds: Sequence[float]) -> bool:
    """Tells whether a side is warm: its last three calls took the same time.

    Example: 9.0, 4.1, 2.3, 2.3, 2.35 do; 9.0, 4.1, 2.3, 2.3 do not yet.
    """
    last = seconds[-_ALIKE_CALLS:]
    is_enough = len(seconds) >= _LEAST_WARM_UP_CALLS
    return is_enough and max(last) <= _ALIKE_RATIO * min(last)


def _describe(items: int, replies: list[dict[str, Any]]) -> dict[str, Any]:
    rates = [items / reply["seconds"] for reply in replies]
    return {
        "median": statistics.median(rates),
        "least": min(rates),
        "most": max(rates),
        "seconds": [reply["seconds"] for reply in replies],
        "peak_bytes": max(reply["peak_bytes"] for reply in replies),
    }


def _print(row: dict[str, Any]) -> None:
    line = f"{row['name']:<24}"
    for side in row["sides"]:
        spread = (
            f"{side['median']:.2f} ({side['least']:.2f} to {side['most']:.2f})"
        )
        line += f"{spread:>24}{side['peak_bytes'] / 2**30:>8.2f}"
    if "agreement" in row:
        line += f"{row['ratio']:>7.2f}x   {row['agreement']}"
    if not row["is_stable"]:
        line += f"   (not stable after {_MOST_WARM_UP_CALLS} calls)"
    print(line, flush=True)
