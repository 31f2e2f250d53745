"""From TensorFlow's error to the file or image that causes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import seqio
import tensorflow as tf
from absl import logging

from pali_tf import files
from pali_tf.data import visual_tokens
from pali_tf.data.images import decode_image
from pali_tf.data.stored_examples import StoredExamples
from pali_tf.errors import UserError
from pali_tf.webli import read, records

# Any size: only whether the bytes can be decoded matters.
_SIDE = 8


def explained(
    dataset: tf.data.Dataset,
    tasks: Sequence[seqio.Task],
    split: str,
    lengths: Mapping[str, int],
    failures: Sequence[UserError] = (),
) -> Iterator[Any]:
    """Yields a dataset's elements as numpy; says which record is at fault.

    TensorFlow names neither the file nor the image. So after a failure the
    split is read once more, record by record, up to the first bad one.

    What the readers of records have raised, `failures`, comes before that.

    Raises:
        UserError: a record is truncated, its image cannot be decoded, or it
            lacks the pixels or tokens that were asked for.
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
            tf.errors.UnknownError,
        ) as error:
            if failures:
                raise failures[0] from error
            _raise_for_bad_record(tasks, split, lengths)
            raise UserError(
                f"Reading {split} failed, though every record is whole: "
                f"{error.message}"
            ) from error
        yield example


def _raise_for_bad_record(
    tasks: Sequence[seqio.Task], split: str, lengths: Mapping[str, int]
) -> None:
    shards = {
        shard: task.source.root.path
        for task in tasks
        if isinstance(task.source, StoredExamples)
        for shard in task.source.list_shards(split)
    }
    logging.error("Reading failed; looking through %d shards.", len(shards))
    for shard, root in sorted(shards.items()):
        for record in read.read_shard(files.Path(shard)):
            if record.image is None:
                continue
            where = f"{shard}: the image {record.image.source_id}"
            if "visual_tokens" in lengths:
                visual_tokens.check_record(
                    record, lengths["visual_tokens"], where, root
                )
            else:
                _check_pixels(record.image, where)


def _check_pixels(image: records.Image, where: str) -> None:
    if not image.encoded:
        raise UserError(
            f"{where} has no pixels, only stored visual tokens. Read the run's "
            "file with gin/runs/visual_tokens.gin after it, or name data with "
            "images."
        )
    try:
        decode_image(tf.constant(image.encoded), _SIDE)
    except tf.errors.InvalidArgumentError as error:
        raise UserError(
            f"{where} is corrupt and cannot be decoded. Take the record out, "
            "or write the shard again."
        ) from error
