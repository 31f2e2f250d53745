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
_LISTS = {
    bytes: ("bytes_list", tf.train.BytesList),
    int: ("int64_list", tf.train.Int64List),
    float: ("float_list", tf.train.FloatList),
}
_BOX = tuple(f"bbox/{side}" for side in records.SIDES)


def record_to_example(record: records.Record) -> tf.train.Example:
    """Returns the `tf.train.Example` that stores `record`."""
    questions = record.question_answers
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
        "vqa/question": [q.question for q in questions],
        "vqa/answer": [q.answer for q in questions],
        "vqa/language": [q.language for q in questions],
        "vqa/question_id": _if_any(q.question_id for q in questions),
        "vqa/group": _if_any(q.group for q in questions),
        "vqa/reference": [r for q in questions for r in q.references],
        "vqa/num_references": _if_any(len(q.references) for q in questions),
        "label/text": record.labels,
        "image/group": _if_any([record.group]),
        "text": [] if record.text is None else [record.text],
    }
    if record.text_pair is not None:
        pair = record.text_pair
        columns |= {
            "text_pair/inputs": [pair.inputs],
            "text_pair/targets": [pair.targets],
            "text_pair/reference": pair.references,
            "text_pair/language": _if_any([pair.language]),
            "text_pair/id": _if_any([pair.id]),
        }
    if record.image is not None:
        columns |= {
            "image/encoded": _if_any([record.image.encoded]),
            "image/format": [record.image.format],
            "image/height": [record.image.height],
            "image/width": [record.image.width],
            "image/source_id": [record.image.source_id],
            "image/key/sha256": (
                [record.image.sha256] if record.image.encoded else []
            ),
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
    return records.Record(
        image=_image(columns),
        visual_tokens=_visual_tokens(columns),
        objects=tuple(
            records.LabelledObject(label=row["text"], box=_box(row))
            for row in _rows(columns, "image/object", "class/text", *_BOX)
        ),
        negative_labels=tuple(columns.get("image/object/negative/text", [])),
        captions=tuple(
            records.Caption(**row)
            for row in _rows(columns, "caption", "text", "language", "score")
        ),
        ocr=tuple(
            records.OcrText(
                text=row["text"], language=row["language"], box=_box(row)
            )
            for row in _rows(columns, "ocr", "text", "language", *_BOX)
        ),
        question_answers=_question_answers(columns),
        labels=tuple(columns.get("label/text", [])),
        group=_only(columns, "image/group") or "",
        text=_only(columns, "text"),
        text_pair=_text_pair(columns),
    )


def _if_any(values: Iterable[Any]) -> list[Any]:
    """Gives a column that says something, or none."""
    column = list(values)
    return column if any(column) else []


def _only(columns: dict[str, list[Any]], key: str) -> str | None:
    values = columns.get(key, [])
    if len(values) > 1:
        raise UserError(
            f"Feature {key} has {len(values)} values, expected one."
        )
    return values[0] if values else None


def _question_answers(
    columns: dict[str, list[Any]],
) -> tuple[records.QuestionAnswer, ...]:
    number = len(columns.get("vqa/question", []))
    absent = {
        "vqa/question_id": [""] * number,
        "vqa/group": [""] * number,
        "vqa/num_references": [0] * number,
    }
    names = ("question", "answer", "language", "question_id", "group")
    rows = _rows(absent | columns, "vqa", *names, "num_references")
    references = columns.get("vqa/reference", [])
    if (total := sum(r["num_references"] for r in rows)) != len(references):
        raise UserError(
            f"vqa/reference has {len(references)} values; "
            f"vqa/num_references counts {total}."
        )
    left = iter(references)
    return tuple(
        records.QuestionAnswer(
            references=tuple(itertools.islice(left, row.pop("num_references"))),
            **row,
        )
        for row in rows
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


def _box(row: dict[str, Any]) -> records.Box:
    return records.Box(*(row[side] for side in records.SIDES))


def _box_columns(
    group: str, boxes: list[records.Box]
) -> dict[str, list[float]]:
    return {
        f"{group}/bbox/{side}": [getattr(box, side) for box in boxes]
        for side in records.SIDES
    }


def _columns_to_example(
    columns: dict[str, Iterable[Any]],
) -> tf.train.Example:
    features = {}
    for key, values in columns.items():
        stored = [v.encode() if isinstance(v, str) else v for v in values]
        if stored:
            kind, make = _LISTS[records.FEATURES[key]]
            features[key] = tf.train.Feature(**{kind: make(value=stored)})
    return tf.train.Example(features=tf.train.Features(feature=features))


def _feature_values(key: str, feature: tf.train.Feature) -> list[Any]:
    expected, _ = _LISTS[records.FEATURES[key]]
    found = feature.WhichOneof("kind")
    if found not in (expected, None):
        raise UserError(f"Feature {key} is a {found}, expected {expected}.")
    values = list(getattr(feature, expected).value)
    if records.FEATURES[key] is bytes and key not in _RAW:
        return [value.decode() for value in values]
    return values


def _rows(
    columns: dict[str, list[Any]], group: str, *names: str
) -> list[dict[str, Any]]:
    """Gives the rows of parallel lists, telling which differ in length.

    Example: a row of "bbox/ymin" has "ymin".
    """
    lists = {
        key: columns.get(key, [])
        for key in (f"{group}/{name}" for name in names)
    }
    lengths = {key: len(values) for key, values in lists.items()}
    if len(set(lengths.values())) > 1:
        raise UserError(f"Parallel features differ in length: {lengths}.")
    keys = [key.rpartition("/")[2] for key in lists]
    return [
        dict(zip(keys, row, strict=True))
        for row in zip(*lists.values(), strict=True)
    ]


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
