"""Rows of a table or of JSON lines to records.

| field        | holds                                                    |
|--------------|----------------------------------------------------------|
| image        | path of an image; where the format has bytes, those, or  |
|              | {"bytes", "path"}                                        |
| image_base64 | the image's bytes in a text file                         |
| id           | the image's id; without it, its path or place            |
| caption      | a text about the image                                   |
| captions     | several: a list of texts or {"caption", "language"}      |
| question     | a question, with `answer` or `answers`                   |
| answers      | what people answered; the most common is trained on      |
| question_id  | the question's id                                        |
| label        | class of the image; `labels`: several names of it        |
| language     | code of the row's texts; without it, --language          |
| group        | what scores are told apart by                            |
| text         | a document without an image                              |
| inputs       | a text, with `targets`: what is to be made of it         |

Rows of one image that follow each other make one record. In a table's cell a
list is JSON.
"""

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pali_tf.errors import UserError, nearest
from pali_tf.importing.options import Options
from pali_tf.importing.row import Row
from pali_tf.webli import records

CONTENT = (
    "caption",
    "captions",
    "question",
    "label",
    "labels",
    "text",
    "inputs",
)
FIELDS = (
    "image",
    "image_base64",
    "id",
    *CONTENT,
    "answer",
    "answers",
    "question_id",
    "language",
    "group",
    "targets",
)

Located = tuple[str, Mapping[str, Any]]


def check_fields(options: Options) -> None:
    """Refuses a --field whose name of ours does not exist."""
    for ours in options.fields:
        if ours not in FIELDS:
            raise UserError(
                f"--field: there is no field {ours!r}{nearest(ours, FIELDS)}"
            )


def check_columns(columns: Sequence[str], where: str, options: Options) -> None:
    """Refuses a table that lacks the columns to be read.

    Raises:
        UserError: the message has the nearest column.
    """
    check_fields(options)
    present = ", ".join(columns)
    for ours, theirs in options.fields.items():
        if theirs not in columns:
            raise UserError(
                f"--field={ours}={theirs}: {where} has no column {theirs!r}"
                f"{nearest(theirs, columns)}"
            )
    if any(options.fields.get(name, name) in columns for name in CONTENT):
        return
    pairs = itertools.product(CONTENT, columns)
    ours, near = max(
        pairs, key=lambda pair: difflib.SequenceMatcher(None, *pair).ratio()
    )
    raise UserError(
        f"{where} has none of the columns {', '.join(CONTENT)}. It has "
        f"{present}; the nearest would be --field={ours}={near}."
    )


def rows_to_records(
    rows: Iterable[Located], options: Options
) -> Iterator[records.Record]:
    """Yields the records that rows make; reports those that make none.

    Args:
        rows: (place, {the file's name of a field: value}).
        options: its `fields` rename, its `problems` are told.
    """
    check_fields(options)
    renamed = {theirs: ours for ours, theirs in options.fields.items()}
    counter = itertools.count()

    def named(located: Located) -> tuple[object, Row]:
        where, values = located
        row = Row(
            where,
            {renamed.get(key, key): value for key, value in values.items()},
            options,
        )
        return row.image_key or next(counter), row

    for _, group in itertools.groupby(map(named, rows), lambda pair: pair[0]):
        record = _make_record([row for _, row in group], options)
        if record is not None:
            yield record


def _make_record(
    rows: Sequence[Row], options: Options
) -> records.Record | None:
    first = rows[0]
    if not first.has_image:
        if first.has("text"):
            return first.document()
        if first.has("inputs"):
            return first.text_pair()
    rows = [row for row in rows if row.check()]
    captions = tuple(text for row in rows for text in row.captions())
    questions = tuple(text for row in rows for text in row.questions())
    labels = tuple(
        dict.fromkeys(label for row in rows for label in row.labels())
    )
    if not (captions or questions or labels):
        return None
    image = first.image()
    if image is None:
        return None
    return records.Record(
        image=image,
        captions=captions,
        question_answers=questions,
        labels=labels,
        group=next((g for row in rows if (g := row.text("group"))), ""),
    )
