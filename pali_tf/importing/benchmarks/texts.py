"""Benchmarks without images: XNLI, and questions about a passage.

Prompts and labels are mT5's, which the paper's comparison follows.

Source: google-research/multilingual-t5, multilingual_t5/preprocessors.py.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError, told
from pali_tf.importing.benchmarks import published
from pali_tf.importing.options import Options
from pali_tf.webli import records

_XNLI_LABELS = {"entailment": "0", "neutral": "1", "contradiction": "2"}
_XNLI_COLUMNS = ("gold_label", "sentence1", "sentence2", "pairID")
_TYDIQA_LANGUAGES = {
    "arabic": "ar",
    "bengali": "bn",
    "english": "en",
    "finnish": "fi",
    "indonesian": "id",
    "korean": "ko",
    "russian": "ru",
    "swahili": "sw",
    "telugu": "te",
}


def xnli(options: Options) -> Iterator[records.Record]:
    """XNLI: does a premise entail a hypothesis, in 15 languages.

    xnli.{dev,test}.tsv     columns "language", "gold_label", "sentence1",
                            "sentence2", "pairID" among others
    multinli_1.0_train.txt  the same columns without "language": English, to
                            train

    A pair on whose label the annotators did not agree ("-") is left out, as is
    usual; the others are "0", "1" or "2".

    Source: github.com/facebookresearch/XNLI; cims.nyu.edu/~sbowman/multinli.
    """
    name = published.for_split(
        options,
        train="multinli_1.0_train.txt",
        validation="xnli.dev.tsv",
        test="xnli.test.tsv",
    )
    path = published.find_file(options, name)
    with told(path), files.open_blocks(path) as file:
        rows = csv.DictReader(
            io.TextIOWrapper(file, encoding="utf-8", newline=""),
            delimiter="\t",
            quoting=csv.QUOTE_NONE,
            strict=True,
        )
        missing = set(_XNLI_COLUMNS) - set(rows.fieldnames or ())
        if missing:
            raise UserError(
                f"{path} has no columns {sorted(missing)} but "
                f"{rows.fieldnames}."
            )
        for row in rows:
            label = row["gold_label"]
            if label == "-":
                options.problems.report(
                    "no-annotation",
                    f"{path}:{rows.line_num}",
                    "the annotators did not agree.",
                )
            elif label not in _XNLI_LABELS or row["sentence2"] is None:
                options.problems.report(
                    "malformed-line",
                    f"{path}:{rows.line_num}",
                    f"gold_label is {label!r}, not one of "
                    f"{list(_XNLI_LABELS)}.",
                )
            else:
                yield _entailment(row)


def _entailment(row: dict[str, str]) -> records.Record:
    language = row.get("language") or "en"
    label = _XNLI_LABELS[row["gold_label"]]
    return records.Record(
        text_pair=records.TextPair(
            inputs=(
                f"xnli: premise: {row['sentence1']} "
                f"hypothesis: {row['sentence2']}"
            ),
            targets=label,
            references=(label,),
            language=language,
            id=f"{language}-{row['pairID']}",
        )
    )


def xquad(options: Options) -> Iterator[records.Record]:
    """XQuAD: SQuAD's questions in eleven languages.

    train-v1.1.json, dev-v1.1.json  SQuAD's own, English
    xquad.<language>.json           to test what English taught: all that
                                    are there

    {"data": [{"paragraphs": [{"context", "qas": [{"id", "question", "answers":
    [{"text"}]}]}]}]}

    Source: github.com/google-deepmind/xquad;
        rajpurkar.github.io/SQuAD-explorer.
    """
    pattern = published.for_split(
        options,
        train="train-v1.1.json",
        validation="dev-v1.1.json",
        test="xquad.*.json",
    )
    for path in published.find_files(options, pattern):
        language = "en"
        if options.split == "test":
            language = path.stem.rpartition(".")[2]
        yield from _read_squad(path, options, lambda _, code=language: code)


def tydiqa_goldp(options: Options) -> Iterator[records.Record]:
    """TyDiQA-GoldP: questions in nine languages, the passage given.

    tydiqa-goldp-v1.1-{train,dev}.json  in the layout of `xquad`; ids begin with
                                        the language: "finnish-1-0"

    The development split is the paper's test: the true one is not published.

    Source: github.com/google-research-datasets/tydiqa.
    """
    split = published.for_split(
        options, train="train", validation="dev", test="dev"
    )
    path = published.find_file(options, f"tydiqa-goldp-v1.1-{split}.json")
    yield from _read_squad(path, options, _tydiqa_language)


def _tydiqa_language(question_id: str) -> str:
    name = question_id.split("-")[0]
    if name not in _TYDIQA_LANGUAGES:
        raise UserError(
            f"The id {question_id!r} begins with no language of TyDiQA-GoldP: "
            f"{', '.join(_TYDIQA_LANGUAGES)}."
        )
    return _TYDIQA_LANGUAGES[name]


def _read_squad(
    path: Path, options: Options, language_of: Callable[[str], str]
) -> Iterator[records.Record]:
    """Yields a question with its passage, and the answers."""
    for article in published.read_json(path)["data"]:
        for paragraph in article["paragraphs"]:
            context = pad_punctuation(paragraph["context"])
            for entry in paragraph["qas"]:
                language = language_of(entry["id"])
                if entry["answers"]:
                    yield _passage(entry, context, language)
                else:
                    options.problems.report(
                        "missing-answer",
                        f"question {entry['id']}",
                        "It has no answer.",
                    )


def _passage(
    entry: published.Entry, context: str, language: str
) -> records.Record:
    answers = tuple(pad_punctuation(a["text"]) for a in entry["answers"])
    question = pad_punctuation(entry["question"])
    return records.Record(
        text_pair=records.TextPair(
            inputs=f"question: {question} context: {context}",
            targets=answers[0],
            references=answers,
            language=language,
            # XQuAD's languages share their ids.
            id=f"{language}-{entry['id']}",
        )
    )


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
