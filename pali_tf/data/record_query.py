"""What a task asks of the records of a source."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from pali_tf.data import record_lists, visual_tokens
from pali_tf.errors import UserError
from pali_tf.webli import records, split_index
from pali_tf.webli.split_index import Holders, SplitIndex

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

Parser = tf.io.FixedLenFeature | tf.io.RaggedFeature
Parse = Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]


@dataclasses.dataclass(frozen=True)
class RecordQuery:
    """Which examples there are in records, and what is read of each.

    Attributes:
        features: keys to parse; those with a list become vectors.
        requires: a key of `features`; records in which it is empty are passed
            over.
        has_images: whether to parse the image, its id and its stored visual
            tokens as well.
        each: "vqa" or "caption": one example a question or a caption; its
            features become scalars, `vqa/reference` the string[R] of its own
            references.
        language: keeps only captions, questions and printed words of this
            language; with `each` or `requires`, records without any are passed
            over.

    Raises:
        UserError: a key that there is not, or that `each` or `requires` cannot
            be.
    """

    features: Sequence[str]
    _: dataclasses.KW_ONLY
    requires: str | None = None
    has_images: bool = True
    each: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        """Checks the keys."""
        if self.requires not in (None, *split_index.COUNTED):
            raise UserError(
                f"requires is {self.requires!r}, which the index of a split "
                f"does not count. It counts: {', '.join(split_index.COUNTED)}."
            )
        if self.each is not None:
            record_lists.check_list(self.each)
            if self.each not in record_lists.lists_of(self.features):
                raise UserError(
                    f"each={self.each!r} needs features of {self.each}/*, not "
                    f"{list(self.features)}."
                )
        _ = self._parsers

    @property
    def counted(self) -> str | None:
        """The feature without which a record gives no example; None: none."""
        if self.each is not None:
            return record_lists.LISTS[self.each]
        return self.requires

    def holders(self, index: SplitIndex) -> Holders:
        """Gives the records that have examples."""
        if self.counted is None:
            return Holders(None, None)
        has_languages = self.counted in record_lists.LISTS.values()
        return index.holders_of(
            self.counted, self.language if has_languages else None
        )

    def parser(self, lengths: Mapping[str, int] | None) -> Parse:
        """Gives the function of (serialized record, number of its entry).

        Args:
            lengths: what the task is asked for; where stored visual tokens are
                not among it, they are not parsed. None: they are.
        """
        parsers = self._parsers
        if lengths is not None and "visual_tokens" not in lengths:
            unused = visual_tokens.STORED_FEATURES
            parsers = {k: v for k, v in parsers.items() if k not in unused}
        return functools.partial(self._parse, parsers)

    def _parse(
        self,
        parsers: Mapping[str, Parser],
        serialized: tf.Tensor,
        number: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        example = tf.io.parse_single_example(serialized, parsers)
        for name in self._chosen:
            entries = record_lists.find_entries(
                example[f"{name}/language"], self.language
            )
            if name == self.each:
                entries = entries[number]
            example = record_lists.take_entries(example, name, entries)
        return example

    @property
    def _chosen(self) -> Sequence[str]:
        """The lists that entries are chosen from; that of `each` is last."""
        lists = record_lists.lists_of(self.features) if self.language else ()
        each = (self.each,) if self.each is not None else ()
        return (*(name for name in lists if name != self.each), *each)

    @functools.cached_property
    def _parsers(self) -> Mapping[str, Parser]:
        keys = [*self.features, *(_IMAGE_FEATURES if self.has_images else ())]
        for name in self._chosen:
            keys += record_lists.needed_features(name, keys)
        return {key: _parser(key) for key in keys}


def _parser(key: str) -> Parser:
    if key not in records.FEATURES:
        raise UserError(f"{key!r} is no feature of the stored example.")
    dtype = _DTYPES[records.FEATURES[key]]
    if key in _SCALARS:
        return tf.io.FixedLenFeature([], dtype)
    if key in _SCALAR_DEFAULTS:
        return tf.io.FixedLenFeature([], dtype, _SCALAR_DEFAULTS[key])
    return tf.io.RaggedFeature(dtype)
