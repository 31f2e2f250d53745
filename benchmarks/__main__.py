"""`python -m benchmarks`: a table of times, and bench/results.json."""

import argparse
import itertools
import statistics
import sys
import time

from pali_tf.backend import set_backend

set_backend("jax")

import jax  # noqa: E402  (the backend comes first)

from benchmarks import results  # noqa: E402
from benchmarks.cases import Case, data_cases, model_cases  # noqa: E402

# A first call compiles, and so may the second.
_WARM_UP_CALLS = 2
_SECONDS_A_CASE = 5.0
_FEWEST_CALLS = 5


def measure(case: Case) -> dict[str, float | int | str]:
    """Times calls of a case for about five seconds, after two others."""
    for _ in range(_WARM_UP_CALLS):
        jax.block_until_ready(case.run())
    times: list[float] = []
    while len(times) < _FEWEST_CALLS or sum(times) < _SECONDS_A_CASE:
        begin = time.perf_counter()
        jax.block_until_ready(case.run())
        times.append(time.perf_counter() - begin)
    median = statistics.median(times)
    return {
        "name": case.name,
        "calls": len(times),
        "median_ms": 1000 * median,
        "fastest_ms": 1000 * min(times),
        f"{case.unit}_per_second": case.items / median,
    }


def main(argv: list[str]) -> int:
    """Measures every case, one after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    results.add_flag(parser)
    flags = parser.parse_args(argv)
    print(f"{'case':<18}{'calls':>7}{'median':>12}{'fastest':>12}   rate")
    measured = []
    for case in itertools.chain(data_cases(), model_cases()):
        result = measure(case)
        measured.append(result)
        rate = result[f"{case.unit}_per_second"]
        print(
            f"{case.name:<18}{result['calls']:>7}"
            f"{result['median_ms']:>9.1f} ms{result['fastest_ms']:>9.1f} ms"
            f"   {rate:.0f} {case.unit}/s",
            flush=True,
        )
    results.write(
        flags.output_dir,
        "results.json",
        {
            "devices": [str(device) for device in jax.devices()],
            "jax": jax.__version__,
            "results": measured,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
