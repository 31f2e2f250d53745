"""Typed records <-> `tf.train.Example`s, feature by feature."""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from pali_tf.webli import records

_TOKENS = "image/visual_tokens"
# Bytes that are no text.
_RAW = ("image/encoded", f"{_TOKENS}/values")
_LIST_FIELDS = {bytes: "bytes_list", int: "int64_list", float: "float_list"}


def record_to_example(record: records.Record) -> tf.train.Example:
    """Returns the `tf.train.Example` that stores `record`."""
    columns: dict[str, Iterable[Any]] = {
        "image/object/class/text": [o.label for o in record.objects],
        **_box_columns("image/object", [o.box for o in record.objects]),
        "image/object/negative/text": record.negative_labels,
        "caption/text": [c.text for c in record.captions],
        "caption/language": [c.language for c in record.captions],
        "caption/score": [c.score for c in record.captions],
        "ocr/text": [o.text for o in record.ocr],
        "ocr/language": [o.language for o in record.ocr],
        **_box_columns("ocr", [o.box for o in record.ocr]),
        "vqa/question": [q.question for q in record.question_answers],
        "vqa/answer": [q.answer for q in record.question_answers],
        "vqa/language": [q.language for q in record.question_answers],
        "text": [] if record.text is None else [record.text],
    }
    if record.image is not None:
        columns |= {
            "image/encoded": _pixels(record.image, record.image.encoded),
            "image/format": [record.image.format],
            "image/height": [record.image.height],
            "image/width": [record.image.width],
            "image/source_id": [record.image.source_id],
            "image/key/sha256": _pixels(record.image, record.image.sha256),
        }
    if record.visual_tokens is not None:
        tokens = record.visual_tokens
        columns |= {
            f"{_TOKENS}/values": [tokens.values],
            f"{_TOKENS}/dtype": [tokens.dtype],
            f"{_TOKENS}/length": [tokens.length],
            f"{_TOKENS}/width": [tokens.width],
            f"{_TOKENS}/scale": tokens.scale,
        }
    return _columns_to_example(columns)


def example_to_record(example: tf.train.Example) -> records.Record:
    """Returns the record stored in `example`.

    Raises:
        ValueError: a feature has the wrong type, or parallel lists differ in
            length; the message names the features.
    """
    columns = {
        key: _feature_values(key, feature)
        for key, feature in example.features.feature.items()
        if key in records.FEATURES
    }
    texts = columns.get("text", [])
    if len(texts) > 1:
        raise ValueError(f"Feature text has {len(texts)} values, expected one.")
    return records.Record(
        image=_image(columns),
        visual_tokens=_visual_tokens(columns),
        objects=tuple(
            records.LabelledObject(label=label, box=records.Box(*sides))
            for label, *sides in _rows(
                columns, "image/object/class/text", *_box_keys("image/object")
            )
        ),
        negative_labels=tuple(columns.get("image/object/negative/text", [])),
        captions=tuple(
            records.Caption(text=text, language=language, score=score)
            for text, language, score in _rows(
                columns, "caption/text", "caption/language", "caption/score"
            )
        ),
        ocr=tuple(
            records.OcrText(
                text=text, language=language, box=records.Box(*sides)
            )
            for text, language, *sides in _rows(
                columns, "ocr/text", "ocr/language", *_box_keys("ocr")
            )
        ),
        question_answers=tuple(
            records.QuestionAnswer(
                question=question, answer=answer, language=language
            )
            for question, answer, language in _rows(
                columns, "vqa/question", "vqa/answer", "vqa/language"
            )
        ),
        text=texts[0] if texts else None,
    )


def _pixels(image: records.Image, value: bytes | str) -> list[bytes | str]:
    return [value] if image.encoded else []


def _box_keys(group: str) -> list[str]:
    return [f"{group}/bbox/{side}" for side in records.SIDES]


def _box_columns(
    group: str, boxes: list[records.Box]
) -> dict[str, list[float]]:
    return {
        key: [getattr(box, side) for box in boxes]
        for key, side in zip(_box_keys(group), records.SIDES, strict=True)
    }


def _columns_to_example(
    columns: dict[str, Iterable[Any]],
) -> tf.train.Example:
    features = {}
    for key, values in columns.items():
        values = list(values)
        if not values:
            continue
        kind = records.FEATURES[key]
        if kind is bytes:
            encoded = [
                value.encode() if isinstance(value, str) else value
                for value in values
            ]
            features[key] = tf.train.Feature(
                bytes_list=tf.train.BytesList(value=encoded)
            )
        elif kind is int:
            features[key] = tf.train.Feature(
                int64_list=tf.train.Int64List(value=values)
            )
        else:
            features[key] = tf.train.Feature(
                float_list=tf.train.FloatList(value=values)
            )
    return tf.train.Example(features=tf.train.Features(feature=features))


def _feature_values(key: str, feature: tf.train.Feature) -> list[Any]:
    expected = _LIST_FIELDS[records.FEATURES[key]]
    found = feature.WhichOneof("kind")
    if found not in (expected, None):
        raise ValueError(f"Feature {key} is a {found}, expected {expected}.")
    values = list(getattr(feature, expected).value)
    if records.FEATURES[key] is bytes and key not in _RAW:
        return [value.decode() for value in values]
    return values


def _rows(columns: dict[str, list[Any]], *keys: str) -> list[tuple[Any, ...]]:
    """Zips parallel lists, telling which differ in length."""
    lists = [columns.get(key, []) for key in keys]
    lengths = {
        key: len(values) for key, values in zip(keys, lists, strict=True)
    }
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Parallel features differ in length: {lengths}.")
    return list(zip(*lists, strict=True))


def _image(columns: dict[str, list[Any]]) -> records.Image | None:
    keys = ("encoded", "format", "height", "width", "source_id")
    if not any(f"image/{key}" in columns for key in keys):
        return None
    if f"{_TOKENS}/values" in columns:
        columns = {"image/encoded": [b""], **columns}
    missing = [f"image/{k}" for k in keys if not columns.get(f"image/{k}")]
    if missing:
        raise ValueError(f"An image without the features {missing}.")
    image = records.Image(**{key: columns[f"image/{key}"][0] for key in keys})
    if columns.get("image/key/sha256", [image.sha256]) != [image.sha256]:
        raise ValueError(
            f"Image {image.source_id}: image/key/sha256 does not fit its bytes."
        )
    return image


def _visual_tokens(
    columns: dict[str, list[Any]],
) -> records.VisualTokens | None:
    keys = ("values", "dtype", "length", "width")
    missing = [k for k in keys if not columns.get(f"{_TOKENS}/{k}")]
    if len(missing) == len(keys):
        return None
    if missing:
        raise ValueError(f"Visual tokens without the features {missing}.")
    return records.VisualTokens(
        **{key: columns[f"{_TOKENS}/{key}"][0] for key in keys},
        scale=tuple(columns.get(f"{_TOKENS}/scale", [])),
    )
