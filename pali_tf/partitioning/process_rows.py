"""Which rows of a batch a process holds, where several share a run."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jax.sharding import Mesh

from pali_tf.partitioning import shardings


@dataclasses.dataclass(frozen=True)
class ProcessRows:
    """What a process reads to fill its rows of each batch.

    Attributes:
        readers: whose rows it reads, in order.
        rows: which of the rows that `readers` fill are its own; None: all.
    """

    readers: Sequence[int]
    rows: Sequence[int] | None = None

    def take(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Gives the process' rows of what `readers` fill, batch by batch."""
        if self.rows is None:
            yield from batches
            return
        rows = np.asarray(self.rows)
        for batch in batches:
            yield {name: values[rows] for name, values in batch.items()}


def num_row_groups(mesh: Mesh) -> int:
    """Gives into how many parts processes divide a batch's rows.

    Processes that hold one copy of the model between them hold the same rows.
    """
    count = shardings.num_batch_shards(mesh)
    return count // len(set(_local_spans(mesh, count)))


def process_rows(mesh: Mesh, batch_size: int, num_readers: int) -> ProcessRows:
    """Finds what this process reads.

    Args:
        mesh: the device mesh.
        batch_size: B.
        num_readers: R, which divides B; reader r fills rows
            [r B / R, (r + 1) B / R).

    Raises:
        UserError: B does not divide over the devices.
    """
    shardings.check_batch_size(batch_size, mesh)
    return rows_of_spans(
        _local_spans(mesh, batch_size), batch_size, num_readers
    )


def rows_of_spans(
    spans: Iterable[tuple[int, int]], batch_size: int, num_readers: int
) -> ProcessRows:
    """Finds what fills some spans of rows.

    Args:
        spans: (first row, row after the last) of each device.
        batch_size: B.
        num_readers: R.

    Example: spans [(0, 2), (2, 4)] of 8 rows are reader 0 of two, all its
    rows; of a single reader they are its rows 0 to 3.
    """
    needed = sorted({row for span in spans for row in range(*span)})
    share = batch_size // num_readers
    readers = tuple(sorted({row // share for row in needed}))
    filled = [r * share + i for r in readers for i in range(share)]
    if needed == filled:
        return ProcessRows(readers)
    place = {row: i for i, row in enumerate(filled)}
    return ProcessRows(readers, tuple(place[row] for row in needed))


def _local_spans(mesh: Mesh, num_rows: int) -> list[tuple[int, int]]:
    places = shardings.batch_sharding(mesh).addressable_devices_indices_map(
        (num_rows,)
    )
    return [
        index[0].indices(num_rows)[:2]
        for index in places.values()
        if index is not None
    ]
