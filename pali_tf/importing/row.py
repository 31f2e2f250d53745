"""One row: what it says, checked field by field."""

import base64
import binascii
import collections
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pali_tf import files
from pali_tf.importing.images import image_from_bytes, read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records


class Row:
    """A row's values under our names of the fields.

    What is wrong with a value is reported, and the value taken as empty.

    Args:
        where: the file and the place in it.
        values: by field; those that say nothing are left out.
        options: of the import.
    """

    def __init__(
        self, where: str, values: Mapping[str, Any], options: Options
    ) -> None:
        self.where = where
        self.values = {
            key: value
            for key, value in values.items()
            if not _says_nothing(value)
        }
        self._options = options

    @property
    def has_image(self) -> bool:
        """Whether the row names or holds an image."""
        return self.has("image") or self.has("image_base64")

    @property
    def image_key(self) -> str:
        """What rows of one image have in common; "" if that is not known."""
        if self.has("id"):
            return self.text("id")
        path = self.values.get("image")
        return path if isinstance(path, str) else ""

    @property
    def language(self) -> str:
        """The code of the row's texts, in lower case."""
        return self.text("language").lower() or self._options.language

    def has(self, name: str) -> bool:
        """Whether the row says anything in a field."""
        return name in self.values

    def report(self, kind: str, message: str) -> None:
        """Reports a problem at this row's place."""
        self._options.problems.report(kind, self.where, message)

    def check(self) -> bool:
        """Tells whether the row says anything about an image; reports."""
        if not any(
            self.has(name)
            for name in ("caption", "captions", "question", "label", "labels")
        ):
            self.report(
                "empty-text",
                "it has no caption, question or label, but "
                f"{', '.join(self.values) or 'nothing'}.",
            )
            return False
        return self._options.knows(self.language, self.where)

    def text(self, name: str) -> str:
        """Gives a text without the space around it; "" if there is none."""
        return self._as_text(name, self.values.get(name, ""))

    def image(self) -> records.Image | None:
        """Reads the image that the row names or holds; None after a problem."""
        value = self.values.get("image")
        image_id = self.text("id")
        if isinstance(value, Mapping):
            path = value.get("path")
            image_id = image_id or path or ""
            value = value.get("bytes") or path
        if self.has("image_base64"):
            value = self._decode_base64()
            if value is None:
                return None
        problems = self._options.problems
        if isinstance(value, bytes):
            # A row's place is unlike all others.
            image_id = image_id or self.where.rpartition("/")[2]
            return image_from_bytes(value, image_id, self.where, problems)
        if isinstance(value, str):
            path = self._options.image_root / value
            if files.is_bucket(value):
                path = files.as_path(value)
            return read_image(path, image_id or value, problems)
        self.report("missing-image", "it names no image.")
        return None

    def captions(self) -> Iterator[records.Caption]:
        """Yields the captions."""
        listed = [*self._list("captions")]
        if self.has("caption"):
            listed.insert(0, self.values["caption"])
        for value in listed:
            language = self.language
            if isinstance(value, Mapping):
                language = str(value.get("language") or language).lower()
                value = value.get("caption", value.get("text", ""))
            text = self._as_text("caption", value)
            if not text:
                self.report("empty-text", "a caption is empty.")
            elif self._options.knows(language, self.where):
                yield records.Caption(text=text, language=language, score=1.0)

    def questions(self) -> Iterator[records.QuestionAnswer]:
        """Yields the question, if the row has one.

        Only of a test split may the answer be unknown.
        """
        if not self.has("question"):
            return
        question, answer = self.text("question"), self.text("answer")
        references = tuple(
            text
            for value in self._list("answers")
            if (text := self._as_text("answers", _answer_of(value)))
        )
        if references and not answer:
            answer = collections.Counter(references).most_common(1)[0][0]
        if not question:
            self.report("empty-text", "the question is empty.")
        elif not answer and self._options.split != "test":
            self.report(
                "missing-answer", f"no answer or answers to {question!r}."
            )
        else:
            yield records.QuestionAnswer(
                question=question,
                answer=answer,
                language=self.language,
                references=references,
                question_id=self.text("question_id"),
                group=self.text("group"),
            )

    def labels(self) -> Iterator[str]:
        """Yields the names of the image's class."""
        listed = [*self._list("labels")]
        if self.has("label"):
            listed.insert(0, self.values["label"])
        for value in listed:
            if text := self._as_text("label", value):
                yield text
            else:
                self.report("empty-text", "a label is empty.")

    def document(self) -> records.Record | None:
        """Gives the record of a document."""
        if text := self.text("text"):
            return records.Record(text=text)
        self.report("empty-text", "the text is empty.")
        return None

    def text_pair(self) -> records.Record | None:
        """Gives the record of `inputs` and `targets`."""
        inputs, targets = self.text("inputs"), self.text("targets")
        if not (inputs and targets):
            self.report("empty-text", "inputs or targets are empty.")
            return None
        if not self._options.knows(self.language, self.where):
            return None
        pair = records.TextPair(
            inputs=inputs,
            targets=targets,
            language=self.language,
            id=self.text("id"),
        )
        return records.Record(text_pair=pair)

    def _decode_base64(self) -> bytes | None:
        text = self.text("image_base64")
        if text.startswith("data:"):
            text = text.partition(",")[2]
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            self.report("corrupt-image", f"image_base64 is no base64: {error}.")
            return None

    def _as_text(self, name: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.report(
                "malformed-line",
                f"{name} is a {type(value).__name__}, not a text.",
            )
            return ""
        return str(value).strip()

    def _list(self, name: str) -> list[Any]:
        """Gives a list; in a cell it is JSON, or the cell is its one entry."""
        value = self.values.get(name, [])
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                self.report("malformed-line", f"{name} is no list: {error}.")
                return []
        return value if isinstance(value, list) else [value]


def _answer_of(value: Any) -> Any:
    return value.get("answer", "") if isinstance(value, Mapping) else value


def _says_nothing(value: Any) -> bool:
    if isinstance(value, float) and math.isnan(value):
        return True
    return isinstance(value, str | None) and (value or "").strip() == ""
