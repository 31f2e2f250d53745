"""The arrays of a training run's checkpoint as a preset has them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from etils.epath import Path

from pali_tf.conversion.array_parts import Region, region_shape, split, whole
from pali_tf.conversion.reading import PIECE_BYTES
from pali_tf.conversion.stores.orbax_tree import OrbaxSource
from pali_tf.conversion.tensor import Tensor
from pali_tf.errors import UserError
from pali_tf.models.layout_change import change_layout
from pali_tf.models.stacking import scanned_place

_POSITION_TABLE = "vision/position_embedding/embedding"


def checkpoint_tensors(
    checkpoint: Path, specs: Mapping[str, Any], *, use_ema: bool = False
) -> dict[str, Tensor]:
    """Gives a checkpoint's arrays, unrolled, each read when it is written.

    Args:
        checkpoint: a complete `checkpoint_<step>` directory.
        specs: what the unrolled model has, with a `shape`, by parameter path.
        use_ema: whether those that trained are read as their moving average.

    Raises:
        UserError: a parameter is missing or has another shape, or the
            checkpoint holds more than the model has.
    """
    source = OrbaxSource(checkpoint, use_ema=use_ema)
    used: set[str] = set()
    tensors = {}
    for path, spec in specs.items():
        name, layer = _find(path, source)
        used.add(name)
        tensors[path] = _tensor(source, path, name, layer, spec)
    extra = sorted(source.infos.keys() - used)
    if extra:
        raise UserError(
            f"{checkpoint} holds {len(extra)} arrays that the model has not, "
            f"such as {extra[0]!r}: was it trained with other sizes, or with "
            "LORA_RANK?"
        )
    return tensors


def _find(path: str, source: OrbaxSource) -> tuple[str, int | None]:
    """Gives the stored array, and which layer of it; None: all of it."""
    if path in source.infos:
        return path, None
    name, layer = scanned_place(path)
    if name not in source.infos:
        raise UserError(
            f"{source.path} lacks {path!r}: is it a checkpoint of the whole "
            "model, and of this size?"
        )
    return name, layer


def _tensor(
    source: OrbaxSource, path: str, name: str, layer: int | None, spec: Any
) -> Tensor:
    info = source.infos[name]
    shape = info.shape if layer is None else info.shape[1:]
    expected = tuple(spec.shape)

    def read(region: Region) -> np.ndarray:
        if layer is None:
            return source.read(name, region)
        return source.read(name, (slice(layer, layer + 1), *region))[0]

    def pieces() -> Iterator[tuple[Region, np.ndarray]]:
        if shape != expected:
            resized = change_layout({path: read(whole(shape))}, {path: spec})
            yield whole(expected), resized[path]
            return
        for region in split(shape, 0, PIECE_BYTES // info.dtype.itemsize):
            yield region, read(region)

    if shape != expected and path != _POSITION_TABLE:
        raise UserError(
            f"{source.path}: {path!r} has shape {shape}, the model's is "
            f"{expected}."
        )
    largest = next(split(expected, 0, PIECE_BYTES // info.dtype.itemsize))
    return Tensor(expected, info.dtype, region_shape(largest), pieces)
