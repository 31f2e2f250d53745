"""One shard of a split: in with pixels, out with visual tokens beside them."""

import concurrent.futures
import dataclasses
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from etils.epath import Path

from pali_tf.data import token_storage
from pali_tf.data.images import decode_image
from pali_tf.errors import UserError, one_line
from pali_tf.run import host_tensorflow
from pali_tf.webli import read, records, write


class Shard(NamedTuple):
    """Which file: `<source>/<file>`, of a split."""

    source: str
    split: str
    file: str


class LoadedShard(NamedTuple):
    """The records of a shard, and their images in the same order.

    `images` is uint8[N, H, W, 3]; N counts the records that have an image.
    """

    shard: Shard
    records: tuple[records.Record, ...]
    images: np.ndarray


class BadRecordError(UserError):
    """A record of the data cannot be used; the message names it."""


def list_shards(data_dir: Path, source: str, split: str) -> list[Shard]:
    """Gives the shards of a split, each checked to be there."""
    paths = read.shard_paths(data_dir, source, split)
    return [Shard(source, split, path.name) for path in paths]


def load(data_dir: Path, image_size: int, shard: Shard) -> LoadedShard:
    """Reads a shard and decodes its images as training does.

    Raises:
        BadRecordError: a record is truncated or corrupt, or its image is, or
            was left out; the message names the shard and the record.
    """
    host_tensorflow.set_up()
    path = data_dir / shard.source / shard.file
    try:
        found = tuple(read.read_shard(path))
    except ValueError as error:
        raise BadRecordError(one_line(error)) from error
    images = [record.image for record in found if record.image is not None]

    def pixels(image: records.Image) -> np.ndarray:
        where = f"{path}: the image {image.source_id}"
        if not image.encoded:
            raise BadRecordError(
                f"{where} has no pixels: its data were written with "
                "--drop_images. Name the data that they were made of."
            )
        try:
            decoded = decode_image(tf.constant(image.encoded), image_size)
        except tf.errors.InvalidArgumentError as error:
            raise BadRecordError(
                f"{where} is corrupt and cannot be decoded. Take the record "
                "out, or write the shard again."
            ) from error
        return decoded.numpy()

    # TensorFlow's operations let other threads run.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        decoded = list(threads.map(pixels, images))
    shape = (0, image_size, image_size, 3)
    return LoadedShard(
        shard, found, np.stack(decoded) if decoded else np.zeros(shape, "u1")
    )


def store(
    output_dir: Path,
    loaded: LoadedShard,
    tokens: Sequence[np.ndarray],
    *,
    dtype: str,
    drop_images: bool,
) -> write.ShardInfo:
    """Writes a shard with tokens beside its images; text passes through.

    Args:
        output_dir: the new data root.
        loaded: the shard.
        tokens: N arrays float[P, Dv].
        dtype: of storage.DTYPES.
        drop_images: whether the pixels are left out.

    Raises:
        BadRecordError: tokens are not finite; the message names the image.
    """
    path = output_dir / loaded.shard.source / loaded.shard.file
    left = iter(tokens)
    with write.open_shard(path) as writer:
        for record in loaded.records:
            image = record.image
            if image is not None:
                try:
                    packed = token_storage.pack(next(left), dtype)
                except ValueError as error:
                    raise BadRecordError(
                        f"{path}: the image {image.source_id}: {error}"
                    ) from error
                if drop_images:
                    image = dataclasses.replace(image, encoded=b"")
                record = dataclasses.replace(
                    record, image=image, visual_tokens=packed
                )
            writer.write(record)
    return writer.info
