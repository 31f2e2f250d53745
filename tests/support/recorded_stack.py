"""What each block of a stack gives, seen from outside."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from pali_tf.layers.stack import Stack
from pali_tf.types import Array


@contextlib.contextmanager
def record_blocks(stack: Stack) -> Iterator[list[Array]]:
    """Keeps x after each block of the next run of a stack.

    Yields:
        A list that the run fills: float[B, T, D] for each block.
    """
    recorded: list[Array] = []
    run = stack.run

    def run_recording(step: Any, x: Array, *per_block: Any, **options: Any):
        def record(block: Any, x: Array, *of_block: Any):
            x, output = step(block, x, *of_block)
            return x, (x, output)

        x, both = run(record, x, *per_block, **options)
        if isinstance(both, list):
            after, outputs = map(list, zip(*both, strict=True))
        else:
            after, outputs = both
        recorded.extend(after[i] for i in range(stack.num_layers))
        return x, outputs

    with mock.patch.object(stack, "run", run_recording):
        yield recorded
