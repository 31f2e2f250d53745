"""Writes our checkpoint of parameters without holding the tree in memory.

orbax asks a handler for each type of leaf to serialise it. The leaf here is a
`Tensor`: its handler writes piece after piece into the array that orbax's own
specification describes, and signs as orbax's handler of JAX arrays, so that
the checkpoint is read like any other.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import orbax.checkpoint as ocp
import tensorstore as ts

from pali_tf.checkpoints import digests
from pali_tf.conversion.stores import zarr_array
from pali_tf.conversion.tensor import Tensor
from pali_tf.conversion.tree import nest

_ARRAY_TYPE = "jax.Array"


class _TensorHandler(ocp.type_handlers.NumpyHandler):
    """Serialises `Tensor` leaves, one after the other, in their order."""

    def __init__(self, order: Mapping[int, int]):
        super().__init__()
        self._order = order

    def typestr(self) -> str:
        return _ARRAY_TYPE

    async def serialize(
        self,
        values: Sequence[Tensor],
        infos: Sequence[Any],
        args: Sequence[Any] | None = None,
    ) -> list[Any]:
        """Writes all; there is nothing left to wait for."""
        jobs = zip(values, infos, strict=True)
        with zarr_array.piece_writer() as write:
            for tensor, info in sorted(
                jobs, key=lambda job: self._order[id(job[0])]
            ):
                await info.await_path_creation()
                spec = ocp.type_handlers.get_json_tspec_write(
                    info,
                    use_ocdbt=info.is_ocdbt_checkpoint,
                    global_shape=tensor.shape,
                    # The chunk of the array on disk: what is written at once.
                    local_shape=tensor.piece_shape,
                    dtype=tensor.dtype,
                    process_index=0,
                )
                array = await ts.open(
                    ts.Spec(spec), create=True, context=info.ts_context
                )
                write(array, tensor)
        return []


def write_orbax(
    path: pathlib.Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, object],
    *,
    step: int = 0,
) -> None:
    """Writes a `checkpoint_<step>` as `save_parameters` does.

    `config` has no place in it; `step` is its number in `progress`.
    """
    order = {id(tensor): i for i, tensor in enumerate(tensors.values())}
    registry = ocp.type_handlers.create_type_handler_registry(
        (Tensor, _TensorHandler(order)),
        # Unused; orbax warns of a registry without it.
        (jax.Array, ocp.type_handlers.ArrayHandler()),
    )
    handler = ocp.CompositeCheckpointHandler(
        params=ocp.PyTreeCheckpointHandler(type_handler_registry=registry),
        progress=ocp.JsonCheckpointHandler(),
        # The handler above writes at once, so the folders must be there.
        composite_options=ocp.CompositeOptions(
            async_options=ocp.options.AsyncOptions(
                create_directories_asynchronously=False
            )
        ),
    )
    with ocp.Checkpointer(handler) as checkpointer:
        checkpointer.save(
            path.absolute(),
            args=ocp.args.Composite(
                params=ocp.args.PyTreeSave(nest(tensors)),
                progress=ocp.args.JsonSave({"step": step}),
            ),
        )
    digests.write(path)
