"""Writing shards and the `<split>.info.json` beside them, atomically."""

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.webli import examples, frames, records


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
    """Appends records to one shard."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self.num_examples = 0
        self._name = name
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, record: records.Record) -> None:
        """Appends one record."""
        example = examples.record_to_example(record)
        # Map entries are unordered; without this, equal records need not give
        # equal bytes.
        frame = frames.frame(example.SerializeToString(deterministic=True))
        self._file.write(frame)
        self._digest.update(frame)
        self.num_examples += 1

    @property
    def info(self) -> ShardInfo:
        """The shard's entry for `<split>.info.json`."""
        return ShardInfo(
            self._name, self.num_examples, self._digest.hexdigest()
        )


@contextlib.contextmanager
def open_shard(path: Path) -> Iterator[ShardWriter]:
    """Yields a writer whose file is there once the block ends well."""
    with files.open_whole(path) as file:
        yield ShardWriter(path.name, file)


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
