"""T5X's own layout: a msgpack index beside one zarr directory a parameter.

    checkpoint_1000000/
        checkpoint                        the tree; leaves are tensorstore
                                          specs, or small arrays themselves
        target.encoder.layers_0.mlp.wo.kernel/      zarr
        state.param_states....                      the optimizer's, not read

`target` is the tree of parameters; its names here are joined with "/".

Source: google-research/t5x t5x/checkpoints.py, Checkpointer.
"""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import ml_dtypes
import msgpack
import numpy as np
import tensorstore as ts
from etils.epath import Path

from pali_tf import files
from pali_tf.conversion.array_parts import Region
from pali_tf.conversion.stores import zarr_array
from pali_tf.conversion.tensor import Tensor, TensorInfo
from pali_tf.conversion.tree import nest
from pali_tf.errors import UserError

INDEX_NAME = "checkpoint"
_VERSION = 3
_NDARRAY = 1  # flax.serialization's number for it.


class T5XSource(zarr_array.ZarrSource):
    """Reads a `checkpoint_<step>` directory in T5X's own layout.

    Args:
        path: the directory.
        may_lack_chunks: names of arrays whose missing chunks are zeros.
            tensorstore leaves out chunks of zeros, so such an array cannot
            be told from an incomplete copy.

    Raises:
        UserError: a damaged index, or an array that is not there.
    """

    incomplete = (
        "is incomplete: a chunk is missing or damaged. (If it is known to be "
        "zeros, name it with --allow.)"
    )

    def __init__(self, path: Path, may_lack_chunks: Any = lambda name: False):
        super().__init__(path)
        self._in_index: dict[str, np.ndarray] = {}
        tree = _read_index(path / INDEX_NAME)
        for name, leaf in _leaves(tree["target"]):
            if isinstance(leaf, dict):
                # Before tensorstore 0.1.14 the path was beside the kvstore.
                below = leaf["kvstore"].get("path") or leaf["path"]
                directory = path / str(below).strip("/")
                if not (directory / ".zarray").is_file():
                    raise UserError(
                        f"{directory} is missing or has no .zarray: the index "
                        f"of the checkpoint says that {name!r} is there."
                    )
                self.add(
                    name,
                    directory,
                    zarr_array.key_value_store(directory),
                    missing_is_zero=may_lack_chunks(name),
                )
            else:
                file = path / INDEX_NAME
                self.infos[name] = TensorInfo(leaf.shape, leaf.dtype, file)
                self._in_index[name] = leaf
        state = sum(1 for _ in _leaves(tree.get("state", {})))
        self.note = f"Not read: the optimizer's state, {state} arrays."

    def read(self, name: str, region: Region) -> np.ndarray:
        """Reads a part of an array."""
        if name in self._in_index:
            return self._in_index[name][region]
        return super().read(name, region)


def _read_index(file: Path) -> dict[str, Any]:
    try:
        contents = msgpack.unpackb(
            file.read_bytes(), ext_hook=_unpack_array, strict_map_key=False
        )
        contents = contents.get("optimizer", contents)
        if isinstance(contents["target"], dict):
            return contents
    except (ValueError, KeyError, AttributeError) as error:
        raise UserError(
            f"{file} is no index of a T5X checkpoint, or truncated: "
            f"{type(error).__name__} {error}."
        ) from error
    raise UserError(f"{file} holds no tree of parameters.")


def _unpack_array(code: int, data: bytes) -> Any:
    if code != _NDARRAY:
        return msgpack.ExtType(code, data)
    shape, dtype, values = msgpack.unpackb(data)
    dtype = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    return np.frombuffer(values, dtype).reshape(shape)


def _leaves(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{prefix}/{key}" if prefix else str(key)
        if isinstance(value, dict) and "kvstore" not in value:
            yield from _leaves(value, path)
        elif value is not None:
            yield path, value


def write_t5x(
    path: pathlib.Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, object],
) -> None:
    """Writes a checkpoint of parameters alone, at step 0.

    `config` has no place in it.
    """
    specs = {name: _make_spec(name, tensor) for name, tensor in tensors.items()}
    with zarr_array.piece_writer() as write:
        for name, spec in specs.items():
            array = ts.open(
                {
                    **spec,
                    "kvstore": {
                        "driver": "file",
                        "path": f"{path / spec['kvstore']['path']}/",
                    },
                    "store_data_equal_to_fill_value": True,
                },
                create=True,
            ).result()
            write(array, tensors[name])
    step = msgpack.packb(([], "int32", np.int32(0).tobytes()))
    state = {"step": msgpack.ExtType(_NDARRAY, step)}
    contents = {
        "version": _VERSION,
        "optimizer": {"target": nest(specs), "state": state},
    }
    files.write_whole(path / INDEX_NAME, msgpack.packb(contents))


def _make_spec(name: str, tensor: Tensor) -> dict[str, Any]:
    return {
        "driver": "zarr",
        "dtype": tensor.dtype.name,
        "kvstore": {
            "driver": "file",
            "path": f"target.{name.replace('/', '.')}",
        },
        "metadata": {
            "shape": list(tensor.shape),
            "chunks": list(tensor.piece_shape),
            # Weights hardly shrink, and gzip, T5X's choice, is slow.
            "compressor": None,
        },
    }
