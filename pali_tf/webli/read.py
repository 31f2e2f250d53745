"""Reading shards, with errors that name the file and the place in it."""

import json
from collections.abc import Iterator

import tensorflow as tf
from etils.epath import Path
from google.protobuf import message

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError
from pali_tf.webli import examples, frames, records, write


def list_splits(data_dir: Path) -> list[tuple[str, str]]:
    """Returns the (source, split)s that a data root has, whole, in order."""
    if not data_dir.is_dir():
        return []
    found = (
        path
        for folder in files.children(data_dir)
        if folder.is_dir()
        for path in files.children(folder)
        if path.name.endswith(".info.json")
    )
    return [
        (path.parent.name, path.name.removesuffix(".info.json"))
        for path in sorted(found)
    ]


def read_split_info(data_dir: Path, source: str, split: str) -> write.SplitInfo:
    """Returns the content of `<source>/<split>.info.json`.

    Raises:
        MissingFileError: there is no such file; the message says what is.
        UserError: it is not of this schema version, or is no such file.
    """
    path = data_dir / source / f"{split}.info.json"
    if not path.is_file():
        present = [
            f"{source}/{name}.info.json"
            for source, name in list_splits(data_dir)
        ]
        raise MissingFileError(
            f"No data at {path}: the split was never written, or not to its "
            f"end. Present in {data_dir}: {', '.join(present) or 'nothing'}."
        )
    try:
        content = json.loads(path.read_text())
        version = content["schema_version"]
        tokens = content.get("visual_tokens")
        info = write.SplitInfo(
            schema_version=version,
            num_examples=content["num_examples"],
            shards=tuple(write.ShardInfo(**s) for s in content["shards"]),
            visual_tokens=tokens and write.VisualTokensInfo(**tokens),
        )
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not a split's info file: {error}"
        ) from error
    if version != records.SCHEMA_VERSION:
        raise UserError(
            f"{path} has schema version {version}; this program reads "
            f"{records.SCHEMA_VERSION}. Write the data again."
        )
    return info


def shard_paths(data_dir: Path, source: str, split: str) -> list[Path]:
    """Returns the split's shards, in order, each checked to be there."""
    info = read_split_info(data_dir, source, split)
    paths = [data_dir / source / shard.file for shard in info.shards]
    present = {path.name for path in files.children(data_dir / source)}
    for path in paths:
        if path.name not in present:
            raise MissingFileError(
                f"Shard {path} is missing, though {split}.info.json lists it."
            )
    return paths


def read_shard(path: Path) -> Iterator[records.Record]:
    """Yields a shard's records.

    Raises:
        MissingFileError: there is no such shard.
        UserError: a record is truncated or corrupt; the message names the
            file, the record's number and the byte offset where it starts.
    """
    for number, (place, data) in enumerate(stored_records(path)):
        try:
            yield examples.example_to_record(parse(path, number, place, data))
        except ValueError as error:
            raise damaged(path, number, place, error) from error


def stored_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields (place in bytes, serialized record) of a shard, each checked.

    Raises:
        MissingFileError: there is no such shard.
        UserError: a record is truncated or corrupt; the message names it.
    """
    if not path.exists():
        raise MissingFileError(f"There is no shard {path}.")
    with files.open_blocks(path) as file:
        try:
            for _, place, data in frames.read(file):
                yield place, data
        except frames.FrameError as error:
            raise damaged(path, error.number, error.place, error) from error


def parse(path: Path, number: int, place: int, data: bytes) -> tf.train.Example:
    """Gives a serialized record as an example, or raises `damaged`."""
    try:
        return tf.train.Example.FromString(data)
    except message.DecodeError as error:
        raise damaged(path, number, place, error) from error


def damaged(path: Path, number: int, place: int, why: Exception) -> UserError:
    """Gives the error that names a record of a shard, at a place in bytes."""
    return UserError(
        f"{path}: record {number}, at byte {place}, is truncated or corrupt "
        f"({why}). Write this shard again."
    )


def read_split(
    data_dir: Path, source: str, split: str
) -> Iterator[records.Record]:
    """Yields the records of a split, shard after shard."""
    for path in shard_paths(data_dir, source, split):
        yield from read_shard(path)


def verify_split(data_dir: Path, source: str, split: str) -> write.SplitInfo:
    """Checks each shard against its sha256 and returns the split's info."""
    info = read_split_info(data_dir, source, split)
    paths = shard_paths(data_dir, source, split)
    for shard, path in zip(info.shards, paths, strict=True):
        found = files.digest(path)
        if found != shard.sha256:
            raise UserError(
                f"{path} has sha256 {found}, but {split}.info.json says "
                f"{shard.sha256}. Write this shard again."
            )
    return info
