"""`python -m benchmarks.input_pipeline`: images a second, a core.

The pre-training mixture at 224 pixels beside a bare tf.data loop, which decodes
the JPEG files of the same shards and resizes them with tf.image.resize; and
beside that loop with our resize, which is what cannot be saved. With
--webdataset_python, webdataset's loader on the same files in tar shards too.

Each has a process of its own and works in turn. A second is one of CPU time,
of all threads together, so that other programs on the machine count little.
"""

import argparse
import statistics
import sys
import tempfile

from etils.epath import Path

from benchmarks import results
from benchmarks.peers.worker import Worker

_OURS, _PEER = "benchmarks.peers.tf_data", "benchmarks.peers.web_dataset"
_BARE_LOOPS = ("bare loop", "with our resize")
_SIDE = 224


def main(argv: list[str]) -> int:
    """Measures the loaders in turn."""
    flags = _parse(argv)
    from benchmarks import photographs

    with tempfile.TemporaryDirectory() as folder:
        made = photographs.write_shards(Path(folder), flags.num_images)
        print(made, flush=True)
        workers = {
            name: Worker(_OURS) for name in (*_BARE_LOOPS, "pali_pretrain")
        }
        if flags.webdataset_python:
            workers["webdataset"] = Worker(_PEER, flags.webdataset_python)
        try:
            for name, worker in workers.items():
                loaded = worker.ask(
                    "load", name=name, data_dir=folder, side=_SIDE
                )
                print(f"{name:<16}{loaded}", flush=True)
            rates = _measure(workers, flags.calls, flags.num_batches)
        finally:
            for worker in workers.values():
                worker.close()
    bare = statistics.median(rates[_BARE_LOOPS[0]])
    rows = []
    print(f"\n{'':<16}{'images/s a core':>16}{'of the bare loop':>18}")
    for name, found in rates.items():
        rate = statistics.median(found)
        # Pairs of calls that followed each other met the same machine.
        share = statistics.median(
            mine / other
            for mine, other in zip(found, rates[_BARE_LOOPS[0]], strict=True)
        )
        rows.append(
            {"name": name, "images_per_cpu_second": found, "share": share}
        )
        print(f"{name:<16}{rate:>16.1f}{share:>17.1%}")
    results.write(
        flags.output_dir,
        "input_pipeline.json",
        {"image_size": _SIDE, "bare": bare, "rows": rows},
    )
    return 0


def _measure(
    workers: dict[str, Worker], calls: int, num_batches: int
) -> dict[str, list[float]]:
    """Gives the images a CPU second of each call of each loader."""
    rates: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(calls):
        for name, worker in workers.items():
            reply = worker.ask("read", num_batches=num_batches)
            rates[name].append(reply["images"] / reply["cpu_seconds"])
    return rates


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks.input_pipeline", description=__doc__
    )
    parser.add_argument(
        "--webdataset_python",
        help="an interpreter with webdataset, Pillow and NumPy",
    )
    parser.add_argument("--calls", type=int, default=5, help="of each loader")
    parser.add_argument(
        "--num_batches", type=int, default=40, help="of 32 examples, a call"
    )
    parser.add_argument("--num_images", type=int, default=400)
    results.add_flag(parser)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
