"""Questions about a passage, in SQuAD's layout.

{"data": [{"paragraphs": [{"context", "qas": [{"id", "question", "answers":
[{"text"}]}]}]}]}

Prompts are mT5's, which the paper's comparison follows: punctuation stands by
itself, in answers too.

Source: google-research/multilingual-t5, multilingual_t5/preprocessors.py.
"""

import unicodedata
from collections.abc import Callable, Iterator

from etils.epath import Path

from pali_tf.importing.benchmarks import published
from pali_tf.importing.options import Options
from pali_tf.webli import records


def pad_punctuation(text: str) -> str:
    """Puts spaces around what is no letter, mark, number or "_".

    Example: "It's 5." gives "It ' s 5 .".
    """
    padded = "".join(
        character
        if character == "_" or unicodedata.category(character)[0] in "LMNZ"
        else f" {character} "
        for character in text
    )
    return " ".join(padded.split())


def read_questions(
    path: Path, options: Options, language_of: Callable[[str], str]
) -> Iterator[records.Record]:
    """Yields the questions of a file.

    Args:
        path: of the file.
        options: a question without an answer is reported.
        language_of: a question's id -> its language.
    """
    for article in published.read_json(path)["data"]:
        for paragraph in article["paragraphs"]:
            context = pad_punctuation(paragraph["context"])
            for entry in paragraph["qas"]:
                yield from _read_question(entry, context, options, language_of)


def _read_question(
    entry: published.Entry,
    context: str,
    options: Options,
    language_of: Callable[[str], str],
) -> Iterator[records.Record]:
    answers = tuple(pad_punctuation(a["text"]) for a in entry["answers"])
    if not answers:
        options.problems.report(
            "missing-answer", f"question {entry['id']}", "It has no answer."
        )
        return
    language = language_of(entry["id"])
    question = pad_punctuation(entry["question"])
    yield records.Record(
        text_pair=records.TextPair(
            inputs=f"question: {question} context: {context}",
            targets=answers[0],
            references=answers,
            language=language,
            # XQuAD's languages share their ids.
            id=f"{language}-{entry['id']}",
        )
    )
