"""The stored examples as SeqIO sources, found when they are read."""

from collections.abc import Sequence

import seqio
import tensorflow as tf

from pali_tf.data import location, visual_tokens
from pali_tf.webli import read, records

# Records, still compressed, among which the next one is drawn.
_SHUFFLE_RECORDS = 4096

_DTYPES = {bytes: tf.string, int: tf.int64, float: tf.float32}
# What records of a source with images have beside their text.
_IMAGE_FEATURES = (
    "image/encoded",
    "image/source_id",
    *visual_tokens.STORED_FEATURES,
)
_SCALARS = ("image/source_id", "text")
# They may be missing: pixels where tokens are stored, or the other way round.
_SCALAR_DEFAULTS = {
    "image/encoded": "",
    "image/visual_tokens/values": "",
    "image/visual_tokens/dtype": "",
    "image/visual_tokens/length": 0,
    "image/visual_tokens/width": 0,
}


class StoredExamples(seqio.DataSource):
    """One source's shards under the data root, parsed.

    The shards are listed by `<split>.info.json`; the data root is asked for at
    reading, so a task can be registered where there are no data. Records are
    shuffled before they are parsed, so the shuffle holds compressed images.

    Args:
        source: a folder of the data root, such as "webli".
        features: keys to parse; those with a list become vectors.
        requires: a key of `features`; records in which it is empty are passed
            over.
        has_images: whether to parse the image, its id and its stored visual
            tokens as well.
    """

    def __init__(
        self,
        source: str,
        features: Sequence[str],
        *,
        requires: str | None = None,
        has_images: bool = True,
    ) -> None:
        if source not in records.SOURCES:
            raise ValueError(
                f"{source!r} is not one of the sources {records.SOURCES}."
            )
        keys = (*features, *(_IMAGE_FEATURES if has_images else ()))
        self._source = source
        self._requires = requires
        self._features = {key: _parser(key) for key in keys}
        super().__init__(
            splits=records.SPLITS,
            caching_permitted=True,
            performs_internal_shuffling=True,
        )

    @property
    def source(self) -> str:
        """The folder's name under the data root."""
        return self._source

    @property
    def supports_arbitrary_sharding(self) -> bool:
        """True: where there are too few files, records are shared out."""
        return True

    def list_shards(self, split: str) -> Sequence[str]:
        """Returns the paths of the split's shards, in order."""
        paths = read.shard_paths(location.data_dir(), self._source, split)
        return [str(path) for path in paths]

    def num_input_examples(self, split: str) -> int:
        """Returns how many records the split has, by its info file."""
        info = read.read_split_info(location.data_dir(), self._source, split)
        return info.num_examples

    def get_dataset(
        self,
        split: str = "train",
        shuffle: bool = True,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        *,
        sequence_length: object = None,
        use_cached: bool = False,
        num_epochs: int | None = 1,
    ) -> tf.data.Dataset:
        """Returns one pass over the split's parsed examples.

        Args:
            split: "train", "validation" or "test".
            shuffle: whether to shuffle files and records; each iteration of
                the result gives another order.
            seed: of the shuffles.
            shard_info: which share to read; None: all. The shares of one
                `num_shards` have no record in common, and all of them between
                them: whole files if there are as many, else every n-th record
                of all files, in their order.
            sequence_length: unused, SeqIO's.
            use_cached: unused, SeqIO's.
            num_epochs: unused, SeqIO's: the task repeats.

        Raises:
            ValueError: there are more shares than records.
        """
        del sequence_length, use_cached, num_epochs
        shards = self.list_shards(split)
        files = tf.data.Dataset.from_tensor_slices(shards)
        count, index = 1, 0
        if shard_info is not None:
            count, index = shard_info.num_shards, shard_info.index
            self._check_num_shares(split, count)
        shares_files = count <= len(shards)
        if shares_files and count > 1:
            files = files.shard(count, index)
        # Shares of records must agree on the order they count in.
        if shuffle and shares_files:
            files = files.shuffle(len(shards), seed=seed)
        examples = files.interleave(
            tf.data.TFRecordDataset, cycle_length=4, block_length=16
        )
        if not shares_files:
            examples = examples.shard(count, index)
        if shuffle:
            examples = examples.shuffle(_SHUFFLE_RECORDS, seed=seed)
        examples = examples.map(
            self._parse, num_parallel_calls=tf.data.AUTOTUNE
        )
        key = self._requires
        if key is None:
            return examples
        return examples.filter(lambda example: tf.size(example[key]) > 0)

    def _check_num_shares(self, split: str, count: int) -> None:
        num_records = self.num_input_examples(split)
        if count > num_records:
            raise ValueError(
                f"{self._source}/{split} has {num_records} records, too few "
                f"for {count} readers; at most {num_records} can share them."
            )

    def _parse(self, serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        return tf.io.parse_single_example(serialized, self._features)

    def __repr__(self) -> str:
        return f"StoredExamples({self._source!r}, {list(self._features)})"


def _parser(key: str) -> tf.io.FixedLenFeature | tf.io.RaggedFeature:
    if key not in records.FEATURES:
        raise ValueError(f"{key!r} is no feature of the stored example.")
    dtype = _DTYPES[records.FEATURES[key]]
    if key in _SCALARS:
        return tf.io.FixedLenFeature([], dtype)
    if key in _SCALAR_DEFAULTS:
        return tf.io.FixedLenFeature([], dtype, _SCALAR_DEFAULTS[key])
    return tf.io.RaggedFeature(dtype)
