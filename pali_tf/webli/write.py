"""Writing shards and the `<split>.info.json` beside them, atomically."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import tensorflow as tf

from pali_tf import files, json_files
from pali_tf.webli import examples, records


@dataclasses.dataclass(frozen=True, slots=True)
class ShardInfo:
    """What `<split>.info.json` says of one shard."""

    file: str
    num_examples: int
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class VisualTokensInfo:
    """What `<split>.info.json` says of the visual tokens of its images.

    Attributes:
        vision_sha256: digest of the ViT that made them.
        image_size: side of the images that it was given, in pixels.
        length: P, tokens of an image.
        width: Dv, numbers of a token.
        dtype: "bfloat16" or "int8", as they are stored.
        compute_dtype: "float32" or "bfloat16", as the ViT computed.
        has_images: whether the pixels are stored as well.
    """

    vision_sha256: str
    image_size: int
    length: int
    width: int
    dtype: str
    compute_dtype: str
    has_images: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SplitInfo:
    """The content of `<split>.info.json`; no `visual_tokens`: none stored."""

    schema_version: int
    num_examples: int
    shards: tuple[ShardInfo, ...]
    visual_tokens: VisualTokensInfo | None = None


def shard_name(split: str, shard: int, num_shards: int) -> str:
    """Returns a shard's file name: "train.tfrecord-00003-of-00016"."""
    return f"{split}.tfrecord-{shard:05d}-of-{num_shards:05d}"


class ShardWriter:
    """Appends records to one shard under its temporary name."""

    def __init__(self, path: Path) -> None:
        """Opens the temporary file; `open_shard` gives it its name."""
        self.num_examples = 0
        self._writer = tf.io.TFRecordWriter(str(path))

    def write(self, record: records.Record) -> None:
        """Appends one record."""
        example = examples.record_to_example(record)
        # Map entries are unordered; without this, equal records need not give
        # equal bytes.
        self._writer.write(example.SerializeToString(deterministic=True))
        self.num_examples += 1

    def close(self) -> None:
        """Flushes and closes the file."""
        self._writer.close()


@contextlib.contextmanager
def open_shard(path: Path) -> Iterator[ShardWriter]:
    """Yields a writer whose file takes its name when the block ends well."""
    with files.staged(path) as temporary:
        writer = ShardWriter(temporary)
        try:
            yield writer
        finally:
            writer.close()


def describe_shard(path: Path, num_examples: int) -> ShardInfo:
    """Returns a finished shard's entry for `<split>.info.json`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ShardInfo(path.name, num_examples, digest)


def write_split_info(
    directory: Path,
    split: str,
    shards: Iterable[ShardInfo],
    visual_tokens: VisualTokensInfo | None = None,
) -> SplitInfo:
    """Writes `<split>.info.json`: the sign that the split is complete."""
    ordered = tuple(sorted(shards, key=lambda shard: shard.file))
    info = SplitInfo(
        schema_version=records.SCHEMA_VERSION,
        num_examples=sum(shard.num_examples for shard in ordered),
        shards=ordered,
        visual_tokens=visual_tokens,
    )
    content = dataclasses.asdict(info)
    if visual_tokens is None:
        del content["visual_tokens"]
    json_files.write(directory / f"{split}.info.json", content)
    return info
