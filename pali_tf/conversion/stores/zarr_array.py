"""zarr arrays on any storage, opened with tensorstore."""

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
from pali_tf.conversion.tensor import Tensor, TensorInfo
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


def _dtype_of(array: ts.TensorStore) -> np.dtype:
    # T5X before its version 3 stored the bits of bfloat16 as uint16; no
    # parameter is of that type otherwise.
    # Source: google-research/t5x t5x/checkpoints.py, VERSION.
    dtype = np.dtype(array.dtype.numpy_dtype)
    return np.dtype(ml_dtypes.bfloat16) if dtype == np.uint16 else dtype


class ZarrSource:
    """Reads parts of arrays through whole chunks, of which it keeps the last.

    A chunk is read and unpacked as a whole. Where a part cuts through chunks,
    as one layer does through a stack, the others come out of memory. It takes
    the size of the largest array that is cut so.

    Attributes:
        incomplete: what a message says of an array that lacks a chunk.
    """

    incomplete = "is incomplete:"

    def __init__(self, path: Path):
        self.path = path
        self.note = ""
        self.infos: dict[str, TensorInfo] = {}
        self._arrays: dict[str, ts.TensorStore] = {}
        self._kept: tuple[ts.TensorStore, Region, np.ndarray] | None = None

    def add(
        self,
        name: str,
        directory: Path,
        kvstore: dict[str, Any],
        *,
        driver: str = "zarr",
        missing_is_zero: bool = False,
    ) -> None:
        """Opens an array.

        Args:
            name: of the array.
            directory: of the array, for messages.
            kvstore: where it is, as tensorstore specifies it.
            driver: "zarr" or "zarr3".
            missing_is_zero: what to make of a chunk that is not there: zeros,
                or an error when it is read.

        Raises:
            UserError: it is not there, or damaged.
        """
        spec: dict[str, Any] = {"driver": driver, "kvstore": kvstore}
        if driver == "zarr":
            spec["fill_missing_data_reads"] = missing_is_zero
        try:
            array = ts.open(spec, read=True, open=True).result()
        except ValueError as error:
            raise UserError(f"{directory}: {name!r}: {error}") from error
        self._arrays[name] = array
        self.infos[name] = TensorInfo(
            tuple(array.shape), _dtype_of(array), directory
        )

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        try:
            return self._read(self._arrays[name], region)
        except ValueError as error:
            raise UserError(
                f"{self.infos[name].file}: {name!r} {self.incomplete} {error}"
            ) from error

    def _read(self, array: ts.TensorStore, region: Region) -> np.ndarray:
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
            return array[region].read().result().view(_dtype_of(array))
        kept = self._kept
        if kept is None or kept[0] is not array or kept[1] != wider:
            self._kept = kept = None
            values = array[wider].read().result().view(_dtype_of(array))
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
