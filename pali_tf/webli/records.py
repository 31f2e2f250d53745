"""The stored example, typed; `examples` turns it into `tf.train.Example`s.

| record field      | features                                                |
|-------------------|---------------------------------------------------------|
| image             | image/{encoded,format,height,width,source_id},          |
|                   | image/key/sha256 (hex digest of image/encoded)          |
| visual_tokens     | image/visual_tokens/{values,dtype,length,width,scale}   |
| objects           | image/object/class/text, image/object/bbox/{ymin,...}   |
| negative_labels   | image/object/negative/text                              |
| captions          | caption/{text,language,score}                           |
| ocr               | ocr/{text,language}, ocr/bbox/{ymin,xmin,ymax,xmax}     |
| question_answers  | vqa/{question,answer,language,question_id,group},       |
|                   | vqa/reference with vqa/num_references, one a question   |
| labels            | label/text (of the whole image)                         |
| group             | image/group                                             |
| text              | text (a document; such a record has no image)           |
| text_pair         | text_pair/{inputs,targets,reference,language,id}        |

Fields of several features are parallel lists: entry i of each is about the
same thing; `vqa/reference` has the references of all questions, one after the
other. Text is UTF-8; languages are lower-case codes ("en"). An empty field
writes no feature.
"""

import dataclasses
import hashlib
import re

from pali_tf.errors import UserError

# Rises when a feature changes its name or meaning; readers refuse others.
SCHEMA_VERSION = 1

# Where the pre-training tasks read; other folders hold imported data.
SOURCES = (
    "webli",
    "cc3m35l",
    "vq2a_cc3m35l",
    "openimages",
    "detection",
    "text",
)
SPLITS = ("train", "validation", "test")
_SOURCE = re.compile(r"[a-z0-9_]+")

SIDES = ("ymin", "xmin", "ymax", "xmax")

# Every feature key, with its type.
FEATURES: dict[str, type] = {
    "image/encoded": bytes,
    "image/format": bytes,
    "image/height": int,
    "image/width": int,
    "image/source_id": bytes,
    "image/key/sha256": bytes,
    "image/visual_tokens/values": bytes,
    "image/visual_tokens/dtype": bytes,
    "image/visual_tokens/length": int,
    "image/visual_tokens/width": int,
    "image/visual_tokens/scale": float,
    "image/object/class/text": bytes,
    **{f"image/object/bbox/{side}": float for side in SIDES},
    "image/object/negative/text": bytes,
    "caption/text": bytes,
    "caption/language": bytes,
    "caption/score": float,
    "ocr/text": bytes,
    "ocr/language": bytes,
    **{f"ocr/bbox/{side}": float for side in SIDES},
    "vqa/question": bytes,
    "vqa/answer": bytes,
    "vqa/language": bytes,
    "vqa/question_id": bytes,
    "vqa/group": bytes,
    "vqa/reference": bytes,
    "vqa/num_references": int,
    "label/text": bytes,
    "image/group": bytes,
    "text": bytes,
    "text_pair/inputs": bytes,
    "text_pair/targets": bytes,
    "text_pair/reference": bytes,
    "text_pair/language": bytes,
    "text_pair/id": bytes,
}


def check_source(name: str) -> None:
    """Raises UserError if no folder of stored examples can have this name."""
    if not _SOURCE.fullmatch(name):
        near = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
        raise UserError(
            f"A source is named with a-z, 0-9 and _, not {name!r}; "
            f"{near or 'my_data'!r} would do."
        )


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
            raise UserError(
                f"{self} is no box: need 0 <= min < max <= 1 on both axes."
            )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An encoded image and its unique id.

    `encoded` is empty where visual tokens are stored in place of the pixels.
    """

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
class VisualTokens:
    """What a ViT gave of the image: `length` tokens of `width` numbers.

    `values` are little-endian, token after token. Of dtype "bfloat16" they are
    the numbers; of "int8" they are to be multiplied by `scale`, one a token.
    """

    values: bytes
    dtype: str
    length: int
    width: int
    scale: tuple[float, ...] = ()


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
    """A question in `language`; its answer is English in PaLI's own data.

    Attributes:
        question: what is asked.
        answer: what to train on.
        language: of the question.
        references: every answer that people gave; none: `answer` alone.
        question_id: the data set's own; "" if it has none.
        group: what its score is told apart by, such as a kind of question.
    """

    question: str
    answer: str
    language: str
    references: tuple[str, ...] = ()
    question_id: str = ""
    group: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TextPair:
    """A text and what to make of it, of a task without images."""

    inputs: str
    targets: str
    references: tuple[str, ...] = ()
    language: str = ""
    id: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One stored example; a source fills only its own fields.

    Of `labels`, names of the whole image's class, the first is the one to
    train on. `group` is what scores of the image are told apart by.
    """

    image: Image | None = None
    visual_tokens: VisualTokens | None = None
    objects: tuple[LabelledObject, ...] = ()
    negative_labels: tuple[str, ...] = ()
    captions: tuple[Caption, ...] = ()
    ocr: tuple[OcrText, ...] = ()
    question_answers: tuple[QuestionAnswer, ...] = ()
    labels: tuple[str, ...] = ()
    group: str = ""
    text: str | None = None
    text_pair: TextPair | None = None
