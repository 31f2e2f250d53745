"""Images and multi-hot labels from the stored examples of `webli`."""

import collections
import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from pali_tf import files
from pali_tf.data.images import decode_image
from pali_tf.errors import MissingFileError
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.labels import (
    FEATURES,
    Points,
    all_points,
    place_labels,
)
from pali_tf.webli import read

_SOURCE = "webli"
_SHUFFLE_BUFFER = 4096
# Records that Python hands to TensorFlow at once.
_READ_RECORDS = 256


def _records(data_dir: str, split: str) -> tf.data.Dataset:
    pattern = files.as_path(data_dir) / _SOURCE / f"{split}.tfrecord-*"
    shards = sorted(pattern.parent.glob(pattern.name))
    if not shards:
        raise MissingFileError(
            f"No shards match {pattern}. Make a sample with: "
            f"pali sample-data --output_dir={data_dir}"
        )

    def read_some() -> Iterator[np.ndarray]:
        found = (data for s in shards for _, data in read.stored_records(s))
        while some := list(itertools.islice(found, _READ_RECORDS)):
            yield np.array(some, object)

    signature = tf.TensorSpec([None], tf.string)
    return tf.data.Dataset.from_generator(
        read_some, output_signature=signature
    ).unbatch()


def label_names(data_dir: str, config: VisionPretrainingConfig) -> list[str]:
    """Gives the labels that the training split has often enough, sorted."""

    def labels(serialized: tf.Tensor) -> tf.Tensor:
        points = all_points(tf.io.parse_example(serialized, FEATURES))
        return place_labels(points, config.grid)[0]

    counts: collections.Counter[bytes] = collections.Counter()
    dataset = _records(data_dir, "train").batch(512)
    for batch in dataset.map(labels, num_parallel_calls=tf.data.AUTOTUNE):
        counts.update(batch.numpy().tolist())
    return sorted(
        name.decode()
        for name, count in counts.items()
        if count >= config.min_label_count
    )


def _random_windows(
    config: VisionPretrainingConfig, batch_size: tf.Tensor, index: tf.Tensor
) -> tf.Tensor:
    """Draws inception crops for batch `index`.

    Returns:
        float32[B, 4]: top, left, height, width in [0, 1].
    """
    seed = tf.stack([tf.cast(config.seed, tf.int64), index])
    draws = tf.random.stateless_uniform(tf.stack([4, batch_size]), seed)
    area = config.min_crop_area + draws[0] * (1 - config.min_crop_area)
    # Aspect ratio between 3:4 and 4:3, even in its logarithm.
    ratio = tf.exp((draws[1] * 2 - 1) * tf.math.log(4.0 / 3.0))
    height = tf.minimum(tf.sqrt(area / ratio), 1.0)
    width = tf.minimum(tf.sqrt(area * ratio), 1.0)
    return tf.stack(
        [draws[2] * (1 - height), draws[3] * (1 - width), height, width],
        axis=1,
    )


def crop_to_windows(
    images: tf.Tensor, points: Points, windows: tf.Tensor
) -> tuple[tf.Tensor, Points]:
    """Cuts windows out of images, stretches them, and moves the points.

    Args:
        images: uint8[B, H, W, 3].
        points: of the whole images.
        windows: float32[B, 4]: top, left, height, width in [0, 1].

    Returns:
        uint8[B, H, W, 3], and the points within the windows; those that the
        window leaves out lie outside [0, 1).
    """
    top, left, height, width = tf.unstack(windows, axis=1)
    size = tf.shape(images)[1:3]
    cut = tf.image.crop_and_resize(
        tf.cast(images, tf.float32),
        tf.stack([top, left, top + height, left + width], axis=1),
        tf.range(tf.shape(images)[0]),
        size,
    )
    moved = points._replace(
        y=(points.y - tf.gather(top, points.rows))
        / tf.gather(height, points.rows),
        x=(points.x - tf.gather(left, points.rows))
        / tf.gather(width, points.rows),
    )
    return tf.cast(tf.clip_by_value(cut + 0.5, 0, 255), tf.uint8), moved


def make_dataset(
    data_dir: str,
    split: str,
    names: list[str],
    config: VisionPretrainingConfig,
    *,
    crop: bool = False,
    training: bool = True,
) -> tf.data.Dataset:
    """Makes batches of images and labels.

    Args:
        data_dir: root of the stored examples.
        split: "train" or "validation".
        names: the C labels, of `label_names`.
        config: of the run.
        crop: whether to cut a random window out of each image; the labels
            follow their objects.
        training: whether to shuffle and repeat for ever.

    Returns:
        Dataset of (uint8[B, H, W, 3], float32[B, C] in {0, 1}).
    """
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(names), tf.range(len(names), dtype=tf.int64)
        ),
        default_value=-1,
    )

    def make_batch(
        serialized: tf.Tensor, index: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        examples = tf.io.parse_example(serialized, FEATURES)
        images = tf.map_fn(
            lambda encoded: decode_image(encoded, config.image_size),
            examples["image/encoded"],
            fn_output_signature=tf.uint8,
        )
        points = all_points(examples)
        batch_size = tf.shape(serialized)[0]
        if crop:
            images, points = crop_to_windows(
                images, points, _random_windows(config, batch_size, index)
            )
        labels, rows = place_labels(points, config.grid)
        shape = tf.stack([batch_size, len(names)])
        return images, _multi_hot(table.lookup(labels), rows, shape)

    dataset = _records(data_dir, split)
    if training:
        dataset = dataset.shuffle(_SHUFFLE_BUFFER, seed=config.seed).repeat()
    batches = dataset.batch(config.batch_size, drop_remainder=training)
    return (
        tf.data.Dataset.zip(batches, tf.data.Dataset.counter())
        .map(make_batch, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(4)
    )


def _multi_hot(ids: tf.Tensor, rows: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """int64[L] ids (-1: a label too rare to have one) -> float32[B, C]."""
    where = tf.boolean_mask(
        tf.stack([tf.cast(rows, tf.int64), ids], axis=1), ids >= 0
    )
    return tf.tensor_scatter_nd_max(
        tf.zeros(shape), where, tf.ones(tf.shape(where)[:1])
    )
