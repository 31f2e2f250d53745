"""Which readers fill the rows that a process holds."""

import jax
import numpy as np
import pytest

from pali_tf.partitioning import process_rows
from pali_tf.partitioning.shardings import PjitPartitioner

# Rows that each device of a process holds, of a batch of 8.
FIRST_HALF = [(0, 2), (2, 4)]
SECOND_HALF = [(4, 6), (6, 8)]
# Two devices that hold one copy of the model between them.
SAME_TWICE = [(2, 4), (2, 4)]


@pytest.mark.parametrize(
    ("spans", "num_readers", "readers", "rows"),
    [
        (FIRST_HALF, 2, (0,), None),
        (SECOND_HALF, 2, (1,), None),
        (SECOND_HALF, 4, (2, 3), None),
        (SAME_TWICE, 4, (1,), None),
        # Too few readers: a process passes over rows of others.
        (SECOND_HALF, 1, (0,), (4, 5, 6, 7)),
        (SAME_TWICE, 2, (0,), (2, 3)),
        # Rows that lie apart.
        ([(0, 2), (4, 6)], 4, (0, 2), None),
        ([(0, 2), (4, 6)], 2, (0, 1), (0, 1, 4, 5)),
    ],
)
def test_readers_of_spans(spans, num_readers, readers, rows):
    own = process_rows.rows_of_spans(spans, 8, num_readers)
    assert own == process_rows.ProcessRows(readers, rows)


def test_rows_are_taken_from_every_feature():
    own = process_rows.ProcessRows((0,), (1, 3))
    (batch,) = own.take([{"a": np.arange(4), "b": np.eye(4)}])
    np.testing.assert_array_equal(batch["a"], [1, 3])
    np.testing.assert_array_equal(batch["b"], np.eye(4)[[1, 3]])


def test_a_single_process_reads_everything():
    mesh = PjitPartitioner().mesh()
    rows = 4 * jax.device_count()
    assert process_rows.num_row_groups(mesh) == 1
    own = process_rows.process_rows(mesh, rows, 2)
    assert own == process_rows.ProcessRows((0, 1))
    batches = [{"a": np.zeros(rows)}]
    assert next(own.take(batches)) is batches[0]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
