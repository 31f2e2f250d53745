"""Our input pipeline, and the bare loop that it cannot beat."""

import os

# Before TensorFlow is loaded: it reads with all its threads on the host.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

import seqio_tasks  # noqa: F401 (registers the tasks)
from benchmarks.peers.reading import read
from benchmarks.peers.worker import serve
from pali_tf.data import input_pipeline, location
from pali_tf.data.images import decode_image

_BATCH_SIZE = 32
_LENGTHS = {"inputs": 128, "targets": 128}
_BARE = "bare loop"


def mixture_batches(name: str, side: int) -> Iterator[int]:
    """Trains, as far as the data go; gives images a batch."""
    batches = input_pipeline.train_batches(
        input_pipeline.find_mixture_or_task(name),
        feature_lengths={**_LENGTHS, "images": side},
        batch_size=_BATCH_SIZE,
        seed=0,
    )
    for batch in batches:
        yield int(batch["image_mask"].sum())


def bare_batches(data_dir: pathlib.Path, side: int) -> Iterator[int]:
    """Reads, decodes, resizes and batches, to the same pixels."""
    files = sorted(str(path) for path in data_dir.glob("webli/*.tfrecord-*"))
    wanted = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}

    def decode(serialized: tf.Tensor) -> tf.Tensor:
        example = tf.io.parse_single_example(serialized, wanted)
        return decode_image(example["image/encoded"], side)

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


class Loaders:
    """What the benchmark asks for."""

    def load(self, name: str, data_dir: str, side: int) -> dict[str, Any]:
        """Prepares one of the two."""
        location.set_data_dir(data_dir)
        self.batches = (
            bare_batches(pathlib.Path(data_dir), side)
            if name == _BARE
            else mixture_batches(name, side)
        )
        return {"tensorflow": tf.__version__}

    def read(self, num_batches: int) -> dict[str, Any]:
        """Reads batches."""
        return read(self.batches, num_batches)


def main() -> None:
    """Serves."""
    loaders = Loaders()
    serve({"load": loaders.load, "read": loaders.read})


if __name__ == "__main__":
    main()
