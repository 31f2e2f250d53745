"""From TensorFlow's error to the file or image that causes it."""

from collections.abc import Iterator, Sequence
from typing import Any

import seqio
import tensorflow as tf
from absl import logging

from pali_tf.data.images import decode_image
from pali_tf.webli import read

# Any size: only whether the bytes can be decoded matters.
_SIDE = 8


def explained(
    dataset: tf.data.Dataset, tasks: Sequence[seqio.Task], split: str
) -> Iterator[Any]:
    """Yields a dataset's elements as numpy; says which record is at fault.

    TensorFlow names neither the file nor the image. So after a failure the
    split is read once more, record by record, up to the first bad one.

    Raises:
        ValueError: a record is truncated, or its image cannot be decoded.
    """
    examples = dataset.as_numpy_iterator()
    while True:
        try:
            example = next(examples)
        except StopIteration:
            return
        except (
            tf.errors.DataLossError,
            tf.errors.InvalidArgumentError,
        ) as error:
            _raise_for_bad_record(tasks, split)
            raise ValueError(
                f"Reading {split} failed, though every record is whole: "
                f"{error.message}"
            ) from error
        yield example


def _raise_for_bad_record(tasks: Sequence[seqio.Task], split: str) -> None:
    shards = sorted({s for t in tasks for s in t.source.list_shards(split)})
    logging.error("Reading failed; looking through %d shards.", len(shards))
    for shard in shards:
        for record in read.read_shard(shard):
            if record.image is None:
                continue
            try:
                decode_image(tf.constant(record.image.encoded), _SIDE)
            except tf.errors.InvalidArgumentError as error:
                raise ValueError(
                    f"{shard}: the image {record.image.source_id} is corrupt "
                    "and cannot be decoded. Take the record out, or write the "
                    "shard again."
                ) from error
