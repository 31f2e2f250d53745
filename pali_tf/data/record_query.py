"""What a task asks of the records of a source.

Beside single values a record has parallel lists, of which entries are chosen:

| list    | features  | an entry is        |
|---------|-----------|--------------------|
| caption | caption/* | a caption          |
| ocr     | ocr/*     | a printed word     |
| vqa     | vqa/*     | a question         |
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from pali_tf.data import visual_tokens
from pali_tf.errors import UserError, nearest
from pali_tf.webli import records, split_index
from pali_tf.webli.split_index import Holders, SplitIndex

# A list -> the feature that has a value for each entry.
_LISTS = {
    "caption": "caption/text",
    "ocr": "ocr/text",
    "vqa": "vqa/question",
}
_REFERENCE = "vqa/reference"
_NUM_REFERENCES = "vqa/num_references"

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
Example = dict[str, tf.Tensor]
Parse = Callable[[tf.Tensor, tf.Tensor], Example]


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
            if self.each not in _LISTS:
                raise UserError(
                    f"Records have no list {self.each!r}"
                    f"{nearest(self.each, _LISTS)}"
                )
            if self.each not in self._lists:
                raise UserError(
                    f"each={self.each!r} needs features of {self.each}/*, not "
                    f"{list(self.features)}."
                )
        _ = self._parsers

    @property
    def counted(self) -> str | None:
        """The feature without which a record gives no example; None: none."""
        if self.each is not None:
            return _LISTS[self.each]
        return self.requires

    def holders(self, index: SplitIndex) -> Holders:
        """Gives the records that have examples."""
        if self.counted is None:
            return Holders(None, None)
        has_languages = self.counted in _LISTS.values()
        return index.holders_of(
            self.counted, self.language if has_languages else None
        )

    def parser(self, lengths: Mapping[str, int] | None) -> Parse:
        """Gives the function of (serialized record, number of its entry).

        Stored visual tokens are parsed where `lengths` has them, or is None.
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
    ) -> Example:
        example = tf.io.parse_single_example(serialized, parsers)
        for name in self._chosen:
            count = tf.size(example[_LISTS[name]], tf.int64)
            entries = tf.range(count, dtype=tf.int64)
            if self.language is not None:
                is_own = example[f"{name}/language"] == self.language
                entries = tf.reshape(tf.where(is_own), [-1])
            if name == self.each:
                entries = entries[number]
            example = _take_entries(example, name, entries, count)
        return example

    @property
    def _lists(self) -> Sequence[str]:
        """The lists that the features are of."""
        groups = {key.split("/")[0] for key in self.features}
        return [name for name in _LISTS if name in groups]

    @property
    def _chosen(self) -> Sequence[str]:
        """The lists that entries are chosen from; that of `each` is last."""
        lists = self._lists if self.language else ()
        each = (self.each,) if self.each is not None else ()
        return (*(name for name in lists if name != self.each), *each)

    @functools.cached_property
    def _parsers(self) -> Mapping[str, Parser]:
        keys = [*self.features, *(_IMAGE_FEATURES if self.has_images else ())]
        for name in self._chosen:
            keys += [_LISTS[name], f"{name}/language"]
        if self._chosen and _REFERENCE in keys:
            keys.append(_NUM_REFERENCES)
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


def _take_entries(
    example: Example, name: str, entries: tf.Tensor, count: tf.Tensor
) -> Example:
    """Keeps entries of `count` of a list, in all its features.

    Of a single one, int64[], the features become scalars, and `vqa/reference`
    string[R] has the references of that question.
    """
    keys = [key for key in example if key.startswith(f"{name}/")]
    taken = {}
    for key in keys:
        if key != _REFERENCE:
            taken[key] = tf.gather(_filled(example[key], count), entries)
    if _REFERENCE in keys:
        owners = tf.repeat(
            tf.range(count, dtype=tf.int64),
            _filled(example[_NUM_REFERENCES], count),
        )
        is_taken = tf.reduce_any(
            owners[:, None] == tf.reshape(entries, [1, -1]), axis=1
        )
        taken[_REFERENCE] = example[_REFERENCE][is_taken]
    return {**example, **taken}


def _filled(values: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Gives `count` empty values for a feature that is not stored."""
    return tf.cond(
        tf.size(values) > 0,
        lambda: values,
        lambda: tf.zeros([count], values.dtype),
    )
