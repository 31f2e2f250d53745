"""Images and multi-hot labels from the stored examples of `webli`."""

import collections
import pathlib

import tensorflow as tf

from pali_tf.data.images import decode_image
from pali_tf.vision_pretraining.config import VisionPretrainingConfig
from pali_tf.vision_pretraining.labels import (
    FEATURES,
    character_points,
    object_points,
    place_labels,
)

_SOURCE = "webli"
_SHUFFLE_BUFFER = 4096


def _parse(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    example = tf.io.parse_single_example(serialized, FEATURES)
    return {
        key: tf.sparse.to_dense(value)
        if isinstance(value, tf.sparse.SparseTensor)
        else value
        for key, value in example.items()
    }


def _points(
    example: dict[str, tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    parts = zip(
        object_points(example), character_points(example), strict=True
    )
    names, y, x = (tf.concat(part, axis=0) for part in parts)
    return names, y, x


def _records(data_dir: str, split: str) -> tf.data.Dataset:
    pattern = pathlib.Path(data_dir) / _SOURCE / f"{split}.tfrecord-*"
    files = sorted(map(str, pattern.parent.glob(pattern.name)))
    if not files:
        raise FileNotFoundError(
            f"No shards match {pattern}. Make a sample with: "
            f"pali sample-data --output_dir={data_dir}"
        )
    return tf.data.TFRecordDataset(files)


def label_names(data_dir: str, config: VisionPretrainingConfig) -> list[str]:
    """Gives the labels that the training split has often enough, sorted.

    Args:
        data_dir: root of the stored examples.
        config: `grid` and `min_label_count`.
    """

    def labels(serialized: tf.Tensor) -> tf.Tensor:
        return place_labels(*_points(_parse(serialized)), config.grid)

    counts: collections.Counter[bytes] = collections.Counter()
    dataset = _records(data_dir, "train").map(
        labels, num_parallel_calls=tf.data.AUTOTUNE
    )
    for batch in dataset.ragged_batch(512):
        counts.update(batch.flat_values.numpy().tolist())
    return sorted(
        name.decode()
        for name, count in counts.items()
        if count >= config.min_label_count
    )


def _random_crop(
    config: VisionPretrainingConfig, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """A window (top, left, height, width) in [0, 1], as an inception crop."""
    draws = tf.random.stateless_uniform([4], seed)
    area = config.min_crop_area + draws[0] * (1 - config.min_crop_area)
    # Aspect ratio between 3:4 and 4:3, even in its logarithm.
    ratio = tf.exp((draws[1] * 2 - 1) * tf.math.log(4.0 / 3.0))
    height = tf.minimum(tf.sqrt(area / ratio), 1.0)
    width = tf.minimum(tf.sqrt(area * ratio), 1.0)
    return draws[2] * (1 - height), draws[3] * (1 - width), height, width


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
        config: sizes, seed and crop.
        crop: whether to cut a random window out of each image; the labels
            follow their objects.
        training: whether to shuffle and repeat for ever.

    Returns:
        Dataset of (uint8[B, H, W, 3], float32[B, C] in {0, 1}).
    """
    side = config.image_size
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(names), tf.range(len(names), dtype=tf.int64)
        ),
        default_value=-1,
    )

    def make_example(
        serialized: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        example = _parse(serialized)
        image = decode_image(example["image/encoded"], side)
        points, y, x = _points(example)
        if crop:
            top, left, height, width = _random_crop(config, seed)
            y, x = (y - top) / height, (x - left) / width
            window = tf.stack([top, left, top + height, left + width])
            image = tf.image.crop_and_resize(
                tf.cast(image[None], tf.float32),
                window[None],
                [0],
                [side, side],
            )[0]
            image = tf.cast(tf.clip_by_value(image + 0.5, 0, 255), tf.uint8)
        ids = table.lookup(place_labels(points, y, x, config.grid))
        # Labels too rare to have an id are -1, which one_hot leaves out.
        labels = tf.reduce_max(
            tf.one_hot(tf.concat([ids, [-1]], 0), len(names)), axis=0
        )
        return image, labels

    dataset = _records(data_dir, split)
    if training:
        dataset = dataset.shuffle(_SHUFFLE_BUFFER, seed=config.seed).repeat()
    seeds = tf.data.Dataset.counter().map(
        lambda i: tf.stack([tf.cast(config.seed, tf.int64), i])
    )
    return (
        tf.data.Dataset.zip(dataset, seeds)
        .map(make_example, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(config.batch_size, drop_remainder=training)
        .prefetch(4)
    )
