"""Choosing entries of a record's parallel lists: captions, words, questions.

| list    | features  | an entry is        |
|---------|-----------|--------------------|
| caption | caption/* | a caption          |
| ocr     | ocr/*     | a printed word     |
| vqa     | vqa/*     | a question         |
"""

from collections.abc import Iterable

import tensorflow as tf

from pali_tf.errors import UserError, nearest

Example = dict[str, tf.Tensor]

# A list -> the feature that has a value for each entry.
LISTS = {
    "caption": "caption/text",
    "ocr": "ocr/text",
    "vqa": "vqa/question",
}

_REFERENCE = "vqa/reference"
_NUM_REFERENCES = "vqa/num_references"


def lists_of(features: Iterable[str]) -> tuple[str, ...]:
    """Gives the lists that some features are of."""
    groups = {key.split("/")[0] for key in features}
    return tuple(name for name in LISTS if name in groups)


def needed_features(name: str, features: Iterable[str]) -> list[str]:
    """Gives the features that choosing from a list needs beside `features`."""
    keys = [f"{name}/language"]
    if _REFERENCE in features:
        keys.append(_NUM_REFERENCES)
    return [key for key in keys if key not in features]


def check_list(name: str) -> None:
    """Raises UserError, with the nearest name, if there is no such list."""
    if name not in LISTS:
        raise UserError(f"Records have no list {name!r}{nearest(name, LISTS)}")


def find_entries(languages: tf.Tensor, language: str | None) -> tf.Tensor:
    """Gives the indices of the entries in a language; None: of all.

    Args:
        languages: string[N], one an entry.
        language: a lower-case code, such as "en".

    Returns:
        int64[K], in order.
    """
    if language is None:
        return tf.range(tf.size(languages, tf.int64), dtype=tf.int64)
    return tf.reshape(tf.where(languages == language), [-1])


def take_entries(example: Example, name: str, entries: tf.Tensor) -> Example:
    """Keeps entries of a list, in all its features.

    Args:
        example: a parsed record.
        name: of the list.
        entries: int64[K], or int64[]: then the features become scalars, and
            `vqa/reference` string[R] has the references of that question.
    """
    keys = [key for key in example if key.startswith(f"{name}/")]
    count = tf.size(example[f"{name}/language"], tf.int64)
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
