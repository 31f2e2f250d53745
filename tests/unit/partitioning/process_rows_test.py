"""Which rows of a batch a process reads."""

import jax
import numpy as np
import pytest
from jax.sharding import Mesh

from pali_tf.partitioning import process_rows, shardings
from pali_tf.partitioning.shardings import PjitPartitioner


class Places:
    """A sharding of eight rows, of which this process has some."""

    def __init__(self, spans):
        self._spans = spans

    def addressable_devices_indices_map(self, shape):
        assert shape == (8,)
        return {
            device: (slice(*span),) for device, span in enumerate(self._spans)
        }


@pytest.mark.parametrize(
    ("spans", "rows"),
    [
        ([(0, 2), (2, 4)], [0, 1, 2, 3]),
        ([(4, 6), (6, 8)], [4, 5, 6, 7]),
        # Two devices that hold one copy of the model between them.
        ([(2, 4), (2, 4)], [2, 3]),
        # Rows that lie apart, and in no order.
        ([(4, 6), (0, 2)], [0, 1, 4, 5]),
        # A single device has all of them.
        ([(None, None, None)], list(range(8))),
    ],
)
def test_rows_are_those_of_the_devices_of_a_process(monkeypatch, spans, rows):
    monkeypatch.setattr(shardings, "batch_sharding", lambda mesh: Places(spans))
    monkeypatch.setattr(shardings, "check_batch_size", lambda *_: None)
    mesh = Mesh(np.array(jax.devices()[:1]), ("data",))
    assert process_rows.process_rows(mesh, 8) == rows


def test_a_single_process_reads_everything():
    mesh = PjitPartitioner().mesh()
    rows = 4 * jax.device_count()
    assert process_rows.process_rows(mesh, rows) == list(range(rows))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
