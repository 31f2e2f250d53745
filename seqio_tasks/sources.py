"""The stored examples as SeqIO sources, found when they are read."""

import functools
from collections.abc import Mapping, Sequence

import seqio
import tensorflow as tf

from pali_tf.data import location, visual_tokens
from pali_tf.data.autograph import without_autograph
from pali_tf.data.randomness import SHUFFLE_RECORDS
from pali_tf.webli import read, records
from seqio_tasks import record_lists

_DTYPES = {bytes: tf.string, int: tf.int64, float: tf.float32}
# What records of a source with images have beside their text.
_IMAGE_FEATURES = (
    "image/encoded",
    "image/source_id",
    *visual_tokens.STORED_FEATURES,
)
_SCALARS = (
    "image/source_id",
    "text",
    "text_pair/inputs",
    "text_pair/targets",
)
# They may be missing: pixels where tokens are stored, or the other way round.
_SCALAR_DEFAULTS = {
    "image/group": "",
    "text_pair/language": "",
    "text_pair/id": "",
    "image/encoded": "",
    "image/visual_tokens/values": "",
    "image/visual_tokens/dtype": "",
    "image/visual_tokens/length": 0,
    "image/visual_tokens/width": 0,
}


Parsers = dict[str, tf.io.FixedLenFeature | tf.io.RaggedFeature]


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
        each: "vqa" or "caption": one example a question or a caption; its
            features become scalars, `vqa/reference` the string[R] of its own
            references. Examples of a record are shuffled apart.
        language: keeps only captions, questions and printed words of this
            language; with `each` or `requires`, records without any are passed
            over.
    """

    def __init__(
        self,
        source: str,
        features: Sequence[str],
        *,
        requires: str | None = None,
        has_images: bool = True,
        each: str | None = None,
        language: str | None = None,
    ) -> None:
        records.check_source(source)
        lists = record_lists.lists_of(features)
        if each is not None:
            record_lists.check_list(each)
            if each not in lists:
                raise ValueError(
                    f"each={each!r} needs features of {each}/*, not "
                    f"{list(features)}."
                )
        # What entries are chosen from.
        chosen = lists if language is not None else [each] if each else []
        keys = [*features, *(_IMAGE_FEATURES if has_images else ())]
        for name in chosen:
            keys += record_lists.needed_features(name, keys)
        self._source = source
        self._requires = requires
        self._each = each
        self._language = language
        self._chosen = tuple(name for name in chosen if name != each)
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
        """Returns how many records the split has, by its info file.

        With `each`, a record may give several examples.
        """
        info = read.read_split_info(location.data_dir(), self._source, split)
        return info.num_examples

    @without_autograph
    def get_dataset(
        self,
        split: str = "train",
        shuffle: bool = True,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        *,
        sequence_length: Mapping[str, int] | None = None,
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
            sequence_length: what the task is asked for; where stored visual
                tokens are not among it, they are not parsed. None: they are.
            use_cached: unused, SeqIO's.
            num_epochs: unused, SeqIO's: the task repeats.

        Raises:
            ValueError: there are more shares than records.
        """
        del use_cached, num_epochs
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
        if self._each is not None:
            examples = examples.flat_map(self._list_entries)
        if shuffle:
            examples = examples.shuffle(SHUFFLE_RECORDS, seed=seed)
        examples = examples.map(
            functools.partial(self._parse, self._asked_for(sequence_length)),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        key = self._requires
        if key is None:
            return examples
        return examples.filter(lambda example: tf.size(example[key]) > 0)

    def _list_entries(self, serialized: tf.Tensor) -> tf.data.Dataset:
        """Gives a record once an entry, with the entry's index.

        It is the same tensor each time: its bytes are held once.
        """
        key = f"{self._each}/language"
        found = tf.io.parse_single_example(serialized, {key: _parser(key)})
        entries = record_lists.find_entries(found[key], self._language)
        return tf.data.Dataset.zip(
            tf.data.Dataset.from_tensors(serialized).repeat(),
            tf.data.Dataset.from_tensor_slices(entries),
        )

    def _check_num_shares(self, split: str, count: int) -> None:
        num_records = self.num_input_examples(split)
        if count > num_records:
            raise ValueError(
                f"{self._source}/{split} has {num_records} records, too few "
                f"for {count} readers; at most {num_records} can share them."
            )

    def _asked_for(self, lengths: Mapping[str, int] | None) -> Parsers:
        if lengths is None or "visual_tokens" in lengths:
            return self._features
        return {
            key: parser
            for key, parser in self._features.items()
            if key not in visual_tokens.STORED_FEATURES
        }

    def _parse(
        self,
        features: Parsers,
        serialized: tf.Tensor,
        entry: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        example = tf.io.parse_single_example(serialized, features)
        for name in self._chosen:
            entries = record_lists.find_entries(
                example[f"{name}/language"], self._language
            )
            example = record_lists.take_entries(example, name, entries)
        if entry is None or self._each is None:
            return example
        return record_lists.take_entries(example, self._each, entry)

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
