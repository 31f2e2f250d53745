"""Our input pipeline, and the bare loops to compare it with."""

import os

# Before TensorFlow is loaded.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from benchmarks.peers.worker import Loader, serve
from pali_tf.data.data_root import DataRoot
from pali_tf.data.images import decode_image
from pali_tf.data.input_pipeline import Reading, train_batches
from pali_tf.run import host_tensorflow
from seqio_tasks import named

_BATCH_SIZE = 32
_LENGTHS = {"inputs": 128, "targets": 128}
ToPixels = Callable[[tf.Tensor, int], tf.Tensor]


def mixture_batches(name: str, data_dir: str, side: int) -> Iterator[int]:
    """Trains, as far as the data go; gives images a batch."""
    reading = Reading(
        feature_lengths={**_LENGTHS, "images": side},
        batch_size=_BATCH_SIZE,
        seed=0,
    )
    data = named.find(name, DataRoot(data_dir))
    for batch in train_batches(data, reading):
        yield int(batch["image_mask"].sum())


def stock_decode_image(encoded: tf.Tensor, side: int) -> tf.Tensor:
    """Gives the pixels of `decode_image`, as one writes it in TensorFlow."""
    image = tf.io.decode_jpeg(
        encoded, channels=3, dct_method="INTEGER_ACCURATE"
    )
    image = tf.image.resize(image, [side, side], antialias=True)
    return tf.cast(tf.round(image), tf.uint8)


def bare_batches(
    data_dir: pathlib.Path, side: int, to_pixels: ToPixels
) -> Iterator[int]:
    """Reads, decodes, resizes and batches, to the same pixels."""
    files = sorted(str(path) for path in data_dir.glob("webli/*.tfrecord-*"))
    wanted = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}

    def decode(serialized: tf.Tensor) -> tf.Tensor:
        example = tf.io.parse_single_example(serialized, wanted)
        return to_pixels(example["image/encoded"], side)

    dataset = (
        tf.data.Dataset.from_tensor_slices(files)
        .interleave(tf.data.TFRecordDataset, cycle_length=4, block_length=16)
        .repeat()
        .map(decode, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(_BATCH_SIZE)
        .prefetch(4)
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    for batch in dataset.with_options(options).as_numpy_iterator():
        yield len(batch)


_BARE_LOOPS: dict[str, ToPixels] = {
    "bare loop": stock_decode_image,
    "with our resize": decode_image,
}


class TfData(Loader):
    """What the benchmark asks for."""

    def load(self, name: str, data_dir: str, side: int) -> dict[str, Any]:
        """Prepares one loader."""
        host_tensorflow.set_up()
        if name in _BARE_LOOPS:
            self.batches = bare_batches(
                pathlib.Path(data_dir), side, _BARE_LOOPS[name]
            )
        else:
            self.batches = mixture_batches(name, data_dir, side)
        return {"tensorflow": tf.__version__}


if __name__ == "__main__":
    serve(TfData())
