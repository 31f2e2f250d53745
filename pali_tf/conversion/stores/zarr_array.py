"""One zarr array, opened with tensorstore."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import tensorstore as ts
from etils.epath import Path

from pali_tf import files
from pali_tf.conversion.array_parts import Region, shifted
from pali_tf.conversion.tensor import Tensor
from pali_tf.errors import UserError


def key_value_store(folder: Path) -> dict[str, Any]:
    """Gives tensorstore's specification of a folder on any storage."""
    if not files.is_bucket(folder):
        return {"driver": "file", "path": f"{files.absolute(folder)}/"}
    scheme, _, place = str(folder).partition("://")
    bucket, _, name = place.partition("/")
    store = {"bucket": bucket, "path": f"{name}/"}
    if scheme == "gs":
        return {"driver": "gcs", **store}
    # tensorstore does not look there itself.
    endpoint = os.environ.get(
        "AWS_ENDPOINT_URL_S3", os.environ.get("AWS_ENDPOINT_URL")
    )
    if endpoint:
        store["endpoint"] = endpoint
    return {"driver": "s3", **store}


def open_for_reading(
    directory: Path,
    name: str,
    kvstore: dict[str, Any],
    *,
    driver: str = "zarr",
    missing_is_zero: bool = False,
) -> ts.TensorStore:
    """Opens an array.

    Args:
        directory: of the array, for the message.
        name: of the array, for the message.
        kvstore: where it is, as tensorstore specifies it.
        driver: "zarr" or "zarr3".
        missing_is_zero: what to make of a chunk that is not there: zeros, or
            an error when it is read.

    Raises:
        UserError: it is not there, or damaged.
    """
    spec: dict[str, Any] = {"driver": driver, "kvstore": kvstore}
    if driver == "zarr":
        spec["fill_missing_data_reads"] = missing_is_zero
    try:
        return ts.open(spec, read=True, open=True).result()
    except ValueError as error:
        raise UserError(f"{directory}: {name!r}: {error}") from error


def array_dtype(array: ts.TensorStore) -> np.dtype:
    """The type of the values.

    T5X before its version 3 stored the bits of bfloat16 as uint16; no
    parameter is of that type otherwise.

    Source: google-research/t5x t5x/checkpoints.py, VERSION.
    """
    dtype = np.dtype(array.dtype.numpy_dtype)
    return np.dtype(ml_dtypes.bfloat16) if dtype == np.uint16 else dtype


class ChunkReader:
    """Reads parts of arrays through whole chunks, of which it keeps the last.

    A chunk is read and unpacked as a whole. Where a part cuts through chunks,
    as one layer does through a stack, the others come out of memory. It takes
    the size of the largest array that is cut so.
    """

    def __init__(self) -> None:
        self._kept: tuple[ts.TensorStore, Region, np.ndarray] | None = None

    def read(self, array: ts.TensorStore, region: Region) -> np.ndarray:
        """Reads a part of an array.

        Raises:
            ValueError: a chunk is missing or damaged.
        """
        layout = array.chunk_layout.read_chunk.shape or ()
        chunks = [size or 1 for size in layout]
        wider = tuple(
            slice(
                part.start // chunk * chunk,
                min(-(-part.stop // chunk) * chunk, size),
            )
            for part, chunk, size in zip(
                region, chunks, array.shape, strict=True
            )
        )
        if wider == region:
            return array[region].read().result().view(array_dtype(array))
        kept = self._kept
        if kept is None or kept[0] is not array or kept[1] != wider:
            self._kept = kept = None
            values = array[wider].read().result().view(array_dtype(array))
            self._kept = kept = (array, wider, values)
        inside = tuple(
            shifted(part, -outer.start)
            for part, outer in zip(region, wider, strict=True)
        )
        return kept[2][inside]


@contextlib.contextmanager
def piece_writer() -> Iterator[Callable[[ts.TensorStore, Tensor], None]]:
    """Gives what writes arrays, each piece while the next is made.

    Leaving it waits for what is on its way, after an interrupt too: a write
    that goes on would put back the folder that is being removed.
    """
    pending: ts.WriteFutures | None = None

    def write(array: ts.TensorStore, tensor: Tensor) -> None:
        nonlocal pending
        for region, values in tensor.pieces():
            if pending is not None:
                pending.result()
            # A piece is made anew and never changed, so that it is not copied.
            pending = array[region].write(
                values, can_reference_source_data_indefinitely=True
            )

    try:
        yield write
    finally:
        if pending is not None:
            pending.result()
