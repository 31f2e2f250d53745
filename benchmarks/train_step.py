"""`python -m benchmarks.train_step`: our training loop beside other trainers.

The same text-only mT5, Adafactor and batch size in the same run, in rounds:
our loop, our compiled step alone on a batch that stays on the device, a torch
loop on Hugging Face's mT5, and T5X's trainer where a checkout is given. Needs
no TensorFlow, except for T5X.
"""

import argparse
import statistics
import sys

from benchmarks import results
from benchmarks.peers.worker import Worker
from benchmarks.trainers import workload
from pali_tf.backend import set_backend

_NATIVE = "benchmarks.trainers.native"
_TORCH = "benchmarks.trainers.torch_loop"
_T5X = "benchmarks.trainers.t5x_trainer"


def main(argv: list[str]) -> int:
    """Measures every trainer in turn, for some rounds."""
    flags = _parse(argv)
    # Workers inherit it; it must be set before they import keras.
    set_backend("jax")
    native = Worker(_NATIVE)
    workers = {"loop": native, "step": native}
    if flags.torch_python:
        workers["torch"] = Worker(_TORCH, flags.torch_python)
    if flags.t5x_python:
        workers["t5x"] = Worker(_T5X, flags.t5x_python)
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    try:
        for worker in dict.fromkeys(workers.values()):
            loaded = worker.ask("load", size=flags.size, dtype=flags.dtype)
            print(worker.module, loaded, flush=True)
        # The first round warms up: memory is touched, caches are filled.
        for turn in range(1 + flags.rounds):
            for name, worker in workers.items():
                do = "loop" if name == "loop" else "step"
                reply = worker.ask(do, num_steps=flags.steps)
                if turn:
                    seconds[name].append(reply["seconds"])
    finally:
        for worker in dict.fromkeys(workers.values()):
            worker.close()
    _report(flags, seconds)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=workload.SIZES, default="small")
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16"), default="float32"
    )
    parser.add_argument("--steps", type=int, default=20, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--torch_python",
        help="an interpreter with pali_tf's extra [parity]: torch and "
        "transformers; none: without torch",
    )
    parser.add_argument(
        "--t5x_python",
        help="an interpreter that can import t5x (docs/T5X.md); none: "
        "without T5X",
    )
    results.add_flag(parser)
    return parser.parse_args(argv)


def _report(flags: argparse.Namespace, seconds: dict[str, list[float]]) -> None:
    items = flags.steps * workload.SIZES[flags.size].batch_size
    rates = {
        name: items / statistics.median(times)
        for name, times in seconds.items()
    }
    print(f"\n{'':<8}{'examples/s':>12}{'loop is':>10}")
    for name, rate in rates.items():
        print(f"{name:<8}{rate:>12.2f}{rates['loop'] / rate:>9.3f}x")
    results.write(
        flags.output_dir,
        "train_step.json",
        {
            "size": flags.size,
            "dtype": flags.dtype,
            "steps": flags.steps,
            "seconds": seconds,
            "examples_per_second": rates,
        },
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
