"""The folder of a preset.

    config.json             sizes, lengths, what is quantized or adapted
    model.safetensors       or shards, and model.safetensors.index.json
    sentencepiece.model     the vocabulary

The arrays have our parameter paths as names, unrolled, as `pali convert`
writes and reads them.
"""

import os
from collections.abc import Mapping

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.conversion.stores.safetensors_files import (
    INDEX_NAME,
    SHARD_BYTES,
    SafetensorsSource,
    write_safetensors,
)
from pali_tf.conversion.tensor import Tensor
from pali_tf.errors import (
    ExistingFileError,
    MissingFileError,
    UserError,
    nearest,
    told,
)
from pali_tf.presets import config as preset_config
from pali_tf.presets.config import PresetConfig
from pali_tf.presets.tokenizer import Tokenizer

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
VOCABULARY = "sentencepiece.model"


@told()
def open_preset(
    directory: str | os.PathLike[str],
) -> tuple[PresetConfig, Tokenizer, SafetensorsSource]:
    """Opens a folder; its arrays are not read yet.

    Raises:
        MissingFileError: the folder or a file of it is not there.
        UserError: a file is damaged or says what is not known.
    """
    path = files.as_path(directory)
    if not path.is_dir():
        raise MissingFileError(f"There is no preset {path}{_beside(path)}")
    vocabulary = require(path, VOCABULARY)
    if not (path / INDEX_NAME).is_file():
        require(path, WEIGHTS)
    file = require(path, CONFIG)
    config = preset_config.from_json(json_files.read(file), str(file))
    try:
        tokenizer = Tokenizer(vocabulary.read_bytes())
    except UserError as error:
        raise UserError(f"{vocabulary}: {error}") from error
    return config, tokenizer, SafetensorsSource(path)


def require(folder: Path, name: str) -> Path:
    """Gives the path of a file that must be in a folder."""
    if not (folder / name).is_file():
        raise MissingFileError(f"{folder} lacks {name}{_beside(folder / name)}")
    return folder / name


def _beside(path: Path) -> str:
    parent = path.parent
    names = [c.name for c in files.children(parent)] if parent.is_dir() else []
    return nearest(path.name, names)


def write_preset(
    directory: str | os.PathLike[str],
    config: PresetConfig,
    tensors: Mapping[str, Tensor],
    vocabulary: bytes,
    *,
    shard_bytes: int = SHARD_BYTES,
) -> Path:
    """Writes a folder that appears once all of it is there.

    Args:
        directory: does not exist yet.
        config: what the arrays make up.
        tensors: by parameter path; read one after the other.
        vocabulary: content of the SentencePiece file.
        shard_bytes: of a file of arrays, unless one array is larger.

    Raises:
        ExistingFileError: it exists.
        UserError: the disk has too little room.
    """
    path = files.absolute(files.as_path(directory))
    if path.exists():
        raise ExistingFileError(f"{path} exists; nothing is overwritten.")
    files.check_space(path, sum(t.num_bytes for t in tensors.values()))
    with files.staged(path, last=CONFIG) as temporary:
        write_safetensors(
            temporary,
            tensors,
            preset_config.to_json(config),
            shard_bytes=shard_bytes,
        )
        (temporary / VOCABULARY).write_bytes(vocabulary)
    return path
