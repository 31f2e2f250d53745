"""The ways in which checkpoints are stored: recognise, open, write."""

import dataclasses
import importlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from etils.epath import Path

from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.tensor import Source, Tensor
from pali_tf.errors import UserError

_STORES = "pali_tf.conversion.stores"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Container:
    """One way to be stored; its module is imported when it is needed.

    Attributes:
        name: key of CONTAINERS.
        help: what a message calls such a path.
        recognises: whether a path looks like one.
        opens: module and class that read it.
        writes: module and function that write it to a disk, or None.
        last: the name of the file that completes a folder of it.
        is_folder_of: whether a target that is not itself named
            `checkpoint_<step>` becomes a folder that holds checkpoint_0.
        may_lack_chunks: whether the reader takes that argument: an array of
            zeros and one that is not all there look the same.
    """

    name: str
    help: str
    recognises: Callable[[Path], bool]
    opens: tuple[str, str]
    writes: tuple[str, str] | None = None
    last: str | None = None
    is_folder_of: bool = False
    may_lack_chunks: bool = False

    def open(self, path: Path, allowed: Allowed) -> Source:
        """Opens a checkpoint for reading."""
        opener = _import(*self.opens)
        if self.may_lack_chunks:
            return opener(path, may_lack_chunks=allowed)
        return opener(path)

    def write(
        self,
        path: pathlib.Path,
        tensors: Mapping[str, Tensor],
        config: Mapping[str, object],
    ) -> None:
        """Writes a checkpoint to a path on a disk that does not exist."""
        if self.writes is None:
            raise UserError(f"{self.help} can be read, not written.")
        write = _import(*self.writes)
        if self.is_folder_of and not path.name.startswith("checkpoint_"):
            path.mkdir()
            path /= "checkpoint_0"
        write(path, tensors, config)


def _import(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"{_STORES}.{module}"), name)


def _has(*names: str) -> Callable[[Path], bool]:
    return lambda path: any((path / name).is_file() for name in names)


def _is_safetensors(path: Path) -> bool:
    if path.is_dir():
        names = ("model.safetensors", "model.safetensors.index.json")
        return _has(*names)(path)
    return path.name.endswith((".safetensors", ".safetensors.index.json"))


CONTAINERS: dict[str, Container] = {
    c.name: c
    for c in (
        Container(
            name="orbax",
            help="an orbax checkpoint of ours",
            recognises=_has("params/_METADATA"),
            opens=("orbax_tree", "OrbaxSource"),
            writes=("orbax_writer", "write_orbax"),
            last="digests.json",
            is_folder_of=True,
        ),
        Container(
            name="t5x-orbax",
            help="an orbax checkpoint of T5X",
            recognises=_has("state/_METADATA"),
            opens=("orbax_tree", "OrbaxSource"),
        ),
        Container(
            name="t5x",
            help="a checkpoint in T5X's own layout",
            recognises=_has("checkpoint"),
            opens=("t5x_legacy", "T5XSource"),
            writes=("t5x_legacy", "write_t5x"),
            last="checkpoint",
            is_folder_of=True,
            may_lack_chunks=True,
        ),
        Container(
            name="safetensors",
            help="a safetensors checkpoint",
            recognises=_is_safetensors,
            opens=("safetensors_files", "SafetensorsSource"),
            writes=("safetensors_files", "write_safetensors"),
            last="model.safetensors.index.json",
        ),
        Container(
            name="npz",
            help="an npz file",
            recognises=lambda path: path.suffix == ".npz",
            opens=("npz_file", "NpzSource"),
            writes=("npz_file", "write_npz"),
        ),
    )
}
