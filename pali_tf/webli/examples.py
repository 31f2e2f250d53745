"""Typed records <-> `tf.train.Example`s, feature by feature."""

import itertools
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from pali_tf.errors import UserError
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
        **_question_columns(record.question_answers),
        "label/text": record.labels,
        "image/group": _if_set(record.group),
        "text": [] if record.text is None else [record.text],
    }
    if record.text_pair is not None:
        pair = record.text_pair
        columns |= {
            "text_pair/inputs": [pair.inputs],
            "text_pair/targets": [pair.targets],
            "text_pair/reference": pair.references,
            "text_pair/language": _if_set(pair.language),
            "text_pair/id": _if_set(pair.id),
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
        UserError: a feature has the wrong type, or parallel lists differ in
            length; the message names the features.
    """
    columns = {
        key: _feature_values(key, feature)
        for key, feature in example.features.feature.items()
        if key in records.FEATURES
    }
    text = _only(columns, "text")
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
        question_answers=_question_answers(columns),
        labels=tuple(columns.get("label/text", [])),
        group=_only(columns, "image/group") or "",
        text=text,
        text_pair=_text_pair(columns),
    )


def _if_set(text: str) -> list[str]:
    return [text] if text else []


def _only(columns: dict[str, list[Any]], key: str) -> str | None:
    values = columns.get(key, [])
    if len(values) > 1:
        raise UserError(
            f"Feature {key} has {len(values)} values, expected one."
        )
    return values[0] if values else None


def _question_columns(
    rows: tuple[records.QuestionAnswer, ...],
) -> dict[str, Iterable[Any]]:
    """Gives vqa/*; what no question has is left out."""
    columns: dict[str, Iterable[Any]] = {
        "vqa/question": [q.question for q in rows],
        "vqa/answer": [q.answer for q in rows],
        "vqa/language": [q.language for q in rows],
    }
    if any(q.question_id for q in rows):
        columns["vqa/question_id"] = [q.question_id for q in rows]
    if any(q.group for q in rows):
        columns["vqa/group"] = [q.group for q in rows]
    if any(q.references for q in rows):
        columns["vqa/reference"] = [r for q in rows for r in q.references]
        columns["vqa/num_references"] = [len(q.references) for q in rows]
    return columns


def _question_answers(
    columns: dict[str, list[Any]],
) -> tuple[records.QuestionAnswer, ...]:
    questions = columns.get("vqa/question", [])
    absent = {
        "vqa/question_id": [""] * len(questions),
        "vqa/group": [""] * len(questions),
        "vqa/num_references": [0] * len(questions),
    }
    rows = _rows(
        absent | columns,
        "vqa/question",
        "vqa/answer",
        "vqa/language",
        "vqa/question_id",
        "vqa/group",
        "vqa/num_references",
    )
    references = columns.get("vqa/reference", [])
    if (total := sum(row[-1] for row in rows)) != len(references):
        raise UserError(
            f"vqa/reference has {len(references)} values; "
            f"vqa/num_references counts {total}."
        )
    left = iter(references)
    return tuple(
        records.QuestionAnswer(
            question=question,
            answer=answer,
            language=language,
            references=tuple(itertools.islice(left, num_references)),
            question_id=question_id,
            group=group,
        )
        for question, answer, language, question_id, group, num_references in (
            rows
        )
    )


def _text_pair(columns: dict[str, list[Any]]) -> records.TextPair | None:
    inputs = _only(columns, "text_pair/inputs")
    targets = _only(columns, "text_pair/targets")
    if inputs is None and targets is None:
        return None
    if inputs is None or targets is None:
        raise UserError(
            "A text pair needs text_pair/inputs and text_pair/targets."
        )
    return records.TextPair(
        inputs=inputs,
        targets=targets,
        references=tuple(columns.get("text_pair/reference", [])),
        language=_only(columns, "text_pair/language") or "",
        id=_only(columns, "text_pair/id") or "",
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
        raise UserError(f"Feature {key} is a {found}, expected {expected}.")
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
        raise UserError(f"Parallel features differ in length: {lengths}.")
    return list(zip(*lists, strict=True))


def _image(columns: dict[str, list[Any]]) -> records.Image | None:
    keys = ("encoded", "format", "height", "width", "source_id")
    if not any(f"image/{key}" in columns for key in keys):
        return None
    if f"{_TOKENS}/values" in columns:
        columns = {"image/encoded": [b""], **columns}
    missing = [f"image/{k}" for k in keys if not columns.get(f"image/{k}")]
    if missing:
        raise UserError(f"An image without the features {missing}.")
    image = records.Image(**{key: columns[f"image/{key}"][0] for key in keys})
    if columns.get("image/key/sha256", [image.sha256]) != [image.sha256]:
        raise UserError(
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
        raise UserError(f"Visual tokens without the features {missing}.")
    return records.VisualTokens(
        **{key: columns[f"{_TOKENS}/{key}"][0] for key in keys},
        scale=tuple(columns.get(f"{_TOKENS}/scale", [])),
    )
