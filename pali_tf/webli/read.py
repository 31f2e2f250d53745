"""Reading shards, with errors that name the file and the place in it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
from google.protobuf import message

from pali_tf.webli import examples, records, write

# A TFRecord frame: length (8 bytes), its CRC (4), the data, its CRC (4).
_FRAME_BYTES = 16


def list_splits(data_dir: Path) -> list[tuple[str, str]]:
    """Returns the (source, split)s that a data root has, whole, in order."""
    return [
        (path.parent.name, path.name.removesuffix(".info.json"))
        for path in sorted(Path(data_dir).glob("*/*.info.json"))
    ]


def read_split_info(data_dir: Path, source: str, split: str) -> write.SplitInfo:
    """Returns the content of `<source>/<split>.info.json`.

    Raises:
        FileNotFoundError: there is no such file; the message says what is.
        ValueError: it is not of this schema version, or is no such file.
    """
    path = Path(data_dir) / source / f"{split}.info.json"
    if not path.is_file():
        present = [
            f"{source}/{name}.info.json"
            for source, name in list_splits(data_dir)
        ]
        raise FileNotFoundError(
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
        raise ValueError(
            f"{path} is not a split's info file: {error}"
        ) from error
    if version != records.SCHEMA_VERSION:
        raise ValueError(
            f"{path} has schema version {version}; this program reads "
            f"{records.SCHEMA_VERSION}. Write the data again."
        )
    return info


def shard_paths(data_dir: Path, source: str, split: str) -> list[Path]:
    """Returns the split's shards, in order, each checked to be there."""
    info = read_split_info(data_dir, source, split)
    paths = [Path(data_dir) / source / shard.file for shard in info.shards]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(
                f"Shard {path} is missing, though {split}.info.json lists it."
            )
    return paths


def read_shard(path: Path) -> Iterator[records.Record]:
    """Yields a shard's records.

    Raises:
        ValueError: a record is truncated or corrupt; the message names the
            file, the record's number and the byte offset where it starts.
    """
    offset = 0
    index = 0
    stored = iter(tf.data.TFRecordDataset(str(path)))
    while True:
        try:
            data = next(stored).numpy()
            example = tf.train.Example.FromString(data)
            record = examples.example_to_record(example)
        except StopIteration:
            return
        except tf.errors.NotFoundError as error:
            raise FileNotFoundError(f"There is no shard {path}.") from error
        except (
            tf.errors.DataLossError,
            message.DecodeError,
            UnicodeDecodeError,
            ValueError,
        ) as error:
            raise ValueError(
                f"{path}: record {index}, at byte {offset}, is truncated or "
                f"corrupt ({error}). Write this shard again."
            ) from error
        yield record
        offset += _FRAME_BYTES + len(data)
        index += 1


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
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != shard.sha256:
            raise ValueError(
                f"{path} has sha256 {found}, but {split}.info.json says "
                f"{shard.sha256}. Write this shard again."
            )
    return info
