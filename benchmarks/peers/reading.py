"""How fast a loader gives batches; the standard library alone."""

import time
from collections.abc import Iterator
from typing import Any

# What was made ahead while others had their turn is taken before the clock
# starts.
_DRAINED_BATCHES = 10


def read(batches: Iterator[Any], num_batches: int) -> dict[str, Any]:
    """Reads batches against the clock.

    Args:
        batches: each gives the number of images in it.
        num_batches: how many are timed.

    Returns:
        `images`, `seconds` of the wall and `cpu_seconds` of all threads.
    """
    for _ in range(_DRAINED_BATCHES):
        next(batches)
    begin, cpu_begin = time.perf_counter(), time.process_time()
    images = sum(next(batches) for _ in range(num_batches))
    return {
        "images": images,
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - cpu_begin,
    }
