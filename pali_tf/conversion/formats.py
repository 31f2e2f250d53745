"""The formats by name, and which one a path has.

A format is a way to be stored and the name maps that occur in it.
"""

import dataclasses
import importlib
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from etils.epath import Path

from pali_tf import files
from pali_tf.conversion import mt5_hugging_face, tree, vit_siglip
from pali_tf.conversion.mt5_t5x import SCALABLE
from pali_tf.conversion.name_map import NameMap
from pali_tf.conversion.problems import Allowed, ConversionError
from pali_tf.conversion.tensor import Source, Tensor
from pali_tf.conversion.vit_big_vision import VIT_BIG_VISION
from pali_tf.errors import MissingFileError, UserError, nearest

_STORES = "pali_tf.conversion.stores"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Container:
    """One way to be stored; its module is imported when it is needed.

    Attributes:
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


Sizes = Mapping[str, Mapping[str, object]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """What `--source_format` and `--target_format` choose from.

    Attributes:
        help: one line.
        container: how it is stored.
        maps: how it may name its arrays when it is read.
        target_maps: how it names them when it is written, by `--layout`.
        make_config: gives what goes beside the arrays, from `tree.describe`.
    """

    help: str
    container: Container
    maps: tuple[NameMap, ...]
    target_maps: Mapping[str, NameMap]
    make_config: Callable[[Sizes], dict[str, object]] = lambda sizes: {}


_OWN = (tree.UNROLLED, tree.SCANNED)
_OWN_TARGETS = {"unrolled": tree.UNROLLED, "scanned": tree.SCANNED}

FORMATS: dict[str, Format] = {
    "pali": Format(
        help="our checkpoint_<step>, as INITIAL_CHECKPOINT_PATH takes it",
        container=CONTAINERS["orbax"],
        maps=_OWN,
        target_maps=_OWN_TARGETS,
    ),
    "pali-safetensors": Format(
        help="our tree in safetensors, our paths as names",
        container=CONTAINERS["safetensors"],
        maps=_OWN,
        target_maps={"unrolled": tree.UNROLLED},
        make_config=lambda sizes: {"model_type": "pali_tf", **sizes},
    ),
    "hf-mt5": Format(
        help="mT5 of Hugging Face transformers, safetensors",
        container=CONTAINERS["safetensors"],
        maps=(mt5_hugging_face.HUGGING_FACE,),
        target_maps={"unrolled": mt5_hugging_face.HUGGING_FACE},
        make_config=mt5_hugging_face.make_config,
    ),
    "hf-siglip": Format(
        help="the vision tower of SigLIP of transformers, safetensors",
        container=CONTAINERS["safetensors"],
        maps=(vit_siglip.VIT_SIGLIP,),
        target_maps={"unrolled": vit_siglip.VIT_SIGLIP},
        make_config=vit_siglip.make_config,
    ),
    "big-vision": Format(
        help="a ViT of big_vision, .npz",
        container=CONTAINERS["npz"],
        maps=(VIT_BIG_VISION,),
        target_maps={"unrolled": VIT_BIG_VISION},
    ),
    "t5x": Format(
        help="T5X's own layout: one zarr directory a parameter",
        container=CONTAINERS["t5x"],
        maps=(*_OWN, SCALABLE),
        target_maps={"unrolled": tree.UNROLLED, "scanned": SCALABLE},
    ),
    "t5x-orbax": Format(
        help="a checkpoint that T5X saved through orbax; read only",
        container=CONTAINERS["t5x-orbax"],
        maps=(*_OWN, SCALABLE),
        target_maps={},
    ),
}
_CHECKPOINT = re.compile(r"checkpoint_(\d+)")
# What public checkpoints also come as, and the way out.
_FOREIGN = {
    "pytorch_model*.bin*": "a PyTorch pickle, which can run code when read; "
    "write it as safetensors with transformers: "
    "model.save_pretrained(folder, safe_serialization=True)",
    "flax_model*.msgpack*": "Flax weights of transformers; take the "
    "safetensors file of the same model",
    "*.data-00000-of-*": "a TensorFlow checkpoint; take the T5X checkpoint of "
    "the same model",
}


def describe_formats() -> str:
    """Gives the formats, one a line."""
    width = max(map(len, FORMATS))
    return "\n".join(f"{k:<{width}}  {f.help}" for k, f in FORMATS.items())


def get_format(name: str) -> Format:
    """Gives a format by name; UserError if there is none."""
    if name not in FORMATS:
        raise UserError(
            f"{name!r} is not one of the formats{nearest(name, FORMATS)}"
        )
    return FORMATS[name]


def open_source(
    path: Path, format_name: str | None, allowed: Allowed
) -> tuple[str, Source, NameMap]:
    """Opens a checkpoint; of a folder of checkpoints, the latest.

    Args:
        path: as the user gives it.
        format_name: key of FORMATS; None: told from what is there.
        allowed: names that the user lets pass.

    Returns:
        (key of FORMATS, the source, the map that knows most of its names).

    Raises:
        UserError: an unknown format, with what was found.
        MissingFileError: there is nothing.
    """
    named = {format_name: get_format(format_name)} if format_name else FORMATS
    path = _resolve(path)
    container = next(
        (c for c in CONTAINERS.values() if c.recognises(path)), None
    )
    if container is None:
        raise _unknown(path)
    candidates = {k: f for k, f in named.items() if f.container is container}
    if not candidates:
        raise UserError(
            f"{path} is {container.help}, which --source_format={format_name} "
            "is not."
        )
    source = container.open(path, allowed)
    shapes = {name: info.shape for name, info in source.infos.items()}
    scores = {
        (key, i): len({link.theirs for link in name_map.from_theirs(shapes)})
        for key, candidate in candidates.items()
        for i, name_map in enumerate(candidate.maps)
    }
    best = max(scores, key=lambda choice: scores[choice])
    if not scores[best]:
        raise ConversionError(
            f"{path} is {container.help}, but no format knows its arrays, "
            f"{_some(shapes)}. The formats:",
            describe_formats().splitlines(),
        )
    return best[0], source, FORMATS[best[0]].maps[best[1]]


def _resolve(path: Path) -> Path:
    """Takes the latest checkpoint of a folder of checkpoints."""
    if not path.exists():
        raise MissingFileError(f"{path} does not exist.")
    if not path.is_dir() or any(
        c.recognises(path) for c in CONTAINERS.values()
    ):
        return path
    steps = [
        int(match[1])
        for child in files.children(path)
        if (match := _CHECKPOINT.fullmatch(child.name))
    ]
    return path / f"checkpoint_{max(steps)}" if steps else path


def _some(names: Mapping[str, object]) -> str:
    shown = ", ".join(repr(name) for name in sorted(names)[:4])
    return f"{shown}, ... ({len(names)} in all)" if len(names) > 4 else shown


def _unknown(path: Path) -> ValueError:
    found = "a file"
    if path.is_dir():
        for pattern, remedy in _FOREIGN.items():
            if any(path.glob(pattern)):
                return ValueError(f"{path} holds {remedy}.")
        names = {child.name: None for child in files.children(path)}
        found = f"a folder with {_some(names)}" if names else "an empty folder"
        if _CHECKPOINT.match(path.name):
            found += "; if it is a checkpoint, it is half written"
    return ConversionError(
        f"{path} has no known format: it is {found}. The formats:",
        describe_formats().splitlines(),
    )
