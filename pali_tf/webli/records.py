"""The stored example: one typed record <-> one `tf.train.Example`.

| record field      | features                                                |
|-------------------|---------------------------------------------------------|
| image             | image/{encoded,format,height,width,source_id},          |
|                   | image/key/sha256 (hex digest of image/encoded)          |
| objects           | image/object/class/text, image/object/bbox/{ymin,...}   |
| negative_labels   | image/object/negative/text                              |
| captions          | caption/{text,language,score}                           |
| ocr               | ocr/{text,language}, ocr/bbox/{ymin,xmin,ymax,xmax}     |
| question_answers  | vqa/{question,answer,language}                          |
| text              | text (a document; such a record has no image)           |

Fields of several features are parallel lists: entry i of each is about the
same thing. Text is UTF-8; languages are lower-case codes ("en"). An empty
field writes no feature.
"""

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

# Rises when a feature changes its name or meaning; readers refuse others.
SCHEMA_VERSION = 1

SOURCES = (
    "webli",
    "cc3m35l",
    "vq2a_cc3m35l",
    "openimages",
    "detection",
    "text",
)
SPLITS = ("train", "validation", "test")

_SIDES = ("ymin", "xmin", "ymax", "xmax")

# Every feature key, with its type.
FEATURES: dict[str, type] = {
    "image/encoded": bytes,
    "image/format": bytes,
    "image/height": int,
    "image/width": int,
    "image/source_id": bytes,
    "image/key/sha256": bytes,
    "image/object/class/text": bytes,
    **{f"image/object/bbox/{side}": float for side in _SIDES},
    "image/object/negative/text": bytes,
    "caption/text": bytes,
    "caption/language": bytes,
    "caption/score": float,
    "ocr/text": bytes,
    "ocr/language": bytes,
    **{f"ocr/bbox/{side}": float for side in _SIDES},
    "vqa/question": bytes,
    "vqa/answer": bytes,
    "vqa/language": bytes,
    "text": bytes,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the image's height and width, in [0, 1]."""

    ymin: float
    xmin: float
    ymax: float
    xmax: float

    def __post_init__(self) -> None:
        """Refuses boxes that are empty or leave the image."""
        if not (
            0 <= self.ymin < self.ymax <= 1 and 0 <= self.xmin < self.xmax <= 1
        ):
            raise ValueError(
                f"{self} is no box: need 0 <= min < max <= 1 on both axes."
            )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An encoded image and its unique id."""

    encoded: bytes
    format: str
    height: int
    width: int
    source_id: str

    @property
    def sha256(self) -> str:
        """Hex digest of the encoded bytes."""
        return hashlib.sha256(self.encoded).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LabelledObject:
    """An object in the image: its class label and where it is."""

    label: str
    box: Box


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Caption:
    """A text about the image; `score` in [0, 1] is its image-text fit."""

    text: str
    language: str
    score: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OcrText:
    """A word printed in the image, with the box around it."""

    text: str
    language: str
    box: Box


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAnswer:
    """A question in `language`; its answer is always English, as in PaLI."""

    question: str
    answer: str
    language: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One stored example; a source fills only its own fields."""

    image: Image | None = None
    objects: tuple[LabelledObject, ...] = ()
    negative_labels: tuple[str, ...] = ()
    captions: tuple[Caption, ...] = ()
    ocr: tuple[OcrText, ...] = ()
    question_answers: tuple[QuestionAnswer, ...] = ()
    text: str | None = None


def record_to_example(record: Record) -> tf.train.Example:
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
            "image/encoded": [record.image.encoded],
            "image/format": [record.image.format],
            "image/height": [record.image.height],
            "image/width": [record.image.width],
            "image/source_id": [record.image.source_id],
            "image/key/sha256": [record.image.sha256],
        }
    return _columns_to_example(columns)


def example_to_record(example: tf.train.Example) -> Record:
    """Returns the record stored in `example`.

    Raises:
        ValueError: a feature has the wrong type, or parallel lists differ in
            length; the message names the features.
    """
    columns = {
        key: _feature_values(key, feature)
        for key, feature in example.features.feature.items()
        if key in FEATURES
    }
    texts = columns.get("text", [])
    if len(texts) > 1:
        raise ValueError(f"Feature text has {len(texts)} values, expected one.")
    return Record(
        image=_image(columns) if "image/encoded" in columns else None,
        objects=tuple(
            LabelledObject(label=label, box=Box(*sides))
            for label, *sides in _rows(
                columns, "image/object/class/text", *_box_keys("image/object")
            )
        ),
        negative_labels=tuple(columns.get("image/object/negative/text", [])),
        captions=tuple(
            Caption(text=text, language=language, score=score)
            for text, language, score in _rows(
                columns, "caption/text", "caption/language", "caption/score"
            )
        ),
        ocr=tuple(
            OcrText(text=text, language=language, box=Box(*sides))
            for text, language, *sides in _rows(
                columns, "ocr/text", "ocr/language", *_box_keys("ocr")
            )
        ),
        question_answers=tuple(
            QuestionAnswer(question=question, answer=answer, language=language)
            for question, answer, language in _rows(
                columns, "vqa/question", "vqa/answer", "vqa/language"
            )
        ),
        text=texts[0] if texts else None,
    )


def _box_keys(group: str) -> list[str]:
    return [f"{group}/bbox/{side}" for side in _SIDES]


def _box_columns(group: str, boxes: list[Box]) -> dict[str, list[float]]:
    return {
        key: [getattr(box, side) for box in boxes]
        for key, side in zip(_box_keys(group), _SIDES, strict=True)
    }


def _columns_to_example(
    columns: dict[str, Iterable[Any]],
) -> tf.train.Example:
    features = {}
    for key, values in columns.items():
        values = list(values)
        if not values:
            continue
        kind = FEATURES[key]
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


_LIST_FIELDS = {bytes: "bytes_list", int: "int64_list", float: "float_list"}


def _feature_values(key: str, feature: tf.train.Feature) -> list[Any]:
    expected = _LIST_FIELDS[FEATURES[key]]
    found = feature.WhichOneof("kind")
    if found not in (expected, None):
        raise ValueError(f"Feature {key} is a {found}, expected {expected}.")
    values = list(getattr(feature, expected).value)
    if FEATURES[key] is bytes and key != "image/encoded":
        return [value.decode() for value in values]
    return values


def _rows(columns: dict[str, list[Any]], *keys: str) -> list[tuple[Any, ...]]:
    """Zips parallel lists, telling which differ in length."""
    lists = [columns.get(key, []) for key in keys]
    lengths = {key: len(values) for key, values in zip(keys, lists)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Parallel features differ in length: {lengths}.")
    return list(zip(*lists))


def _image(columns: dict[str, list[Any]]) -> Image:
    keys = ("encoded", "format", "height", "width", "source_id")
    missing = [f"image/{k}" for k in keys if not columns.get(f"image/{k}")]
    if missing:
        raise ValueError(f"An image without the features {missing}.")
    image = Image(**{key: columns[f"image/{key}"][0] for key in keys})
    if columns.get("image/key/sha256", [image.sha256]) != [image.sha256]:
        raise ValueError(
            f"Image {image.source_id}: image/key/sha256 does not fit its bytes."
        )
    return image
