"""From questions, one after the other, to a record an image."""

import collections
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pali_tf.importing.benchmarks.pictures import find_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

# Printed words of an image, by the image's id.
Words = Mapping[str, tuple[records.OcrText, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question about an image.

    Attributes:
        image_id: the data set's own.
        image_name: the image's file.
        folders: where the published layout has it.
        question: what is asked.
        question_id: the data set's own.
        answers: all that people gave; none where they are kept secret.
        language: of the question.
        group: what scores are told apart by.
    """

    image_id: str
    image_name: str
    folders: tuple[str, ...] = ()
    question: str
    question_id: str
    answers: Sequence[str] = ()
    language: str = "en"
    group: str = ""


def most_common(answers: Sequence[str]) -> str:
    """Returns the answer given most often, the first of equals; "": none."""
    counts = collections.Counter(answers).most_common(1)
    return counts[0][0] if counts else ""


def make_records(
    options: Options, source: str, questions: Iterable[Asked], words: Words
) -> Iterator[records.Record]:
    """Yields an image once, with all its questions, in order of appearance.

    Args:
        options: a question without text is reported, and one without answers
            of another split than "test".
        source: begins the stored ids.
        questions: of all images.
        words: printed ones; an image may have none.
    """
    by_image: dict[str, list[Asked]] = {}
    for asked in questions:
        if _is_whole(options, asked):
            by_image.setdefault(asked.image_id, []).append(asked)
    for image_id, group in by_image.items():
        first = group[0]
        image = find_image(
            options,
            first.image_name,
            f"{source}-{image_id}",
            *first.folders,
        )
        if image is not None:
            yield records.Record(
                image=image,
                question_answers=tuple(map(_question_answer, group)),
                ocr=words.get(image_id, ()),
            )


def _is_whole(options: Options, asked: Asked) -> bool:
    where = f"question {asked.question_id}"
    if not asked.question.strip():
        options.problems.report("empty-text", where, "It has no text.")
        return False
    if not any(asked.answers) and options.split != "test":
        options.problems.report("missing-answer", where, "It has no answer.")
        return False
    return True


def _question_answer(asked: Asked) -> records.QuestionAnswer:
    # A few of VizWiz' answers are empty strings.
    answers = tuple(answer for answer in asked.answers if answer)
    return records.QuestionAnswer(
        question=asked.question.strip(),
        answer=most_common(answers),
        language=asked.language,
        references=answers,
        question_id=asked.question_id,
        group=asked.group,
    )
