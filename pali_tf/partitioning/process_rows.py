"""Which rows of a batch a process holds, where several share a run."""

from collections.abc import Sequence

from jax.sharding import Mesh

from pali_tf.partitioning import shardings


def process_rows(mesh: Mesh, batch_size: int) -> Sequence[int]:
    """Finds which rows of a batch this process reads, in order.

    Processes that hold one copy of the model between them read the same rows.

    Raises:
        UserError: B does not divide over the devices.
    """
    shardings.check_batch_size(batch_size, mesh)
    places = shardings.batch_sharding(mesh).addressable_devices_indices_map(
        (batch_size,)
    )
    return sorted(
        {
            row
            for index in places.values()
            if index is not None
            for row in range(*index[0].indices(batch_size))
        }
    )
