"""TyDiQA-GoldP: questions in nine languages, the passage given.

tydiqa-goldp-v1.1-{train,dev}.json  ids begin with the language: "finnish-1-0"

The development split is the paper's test: the true one is not published.

Source: github.com/google-research-datasets/tydiqa.
"""

from collections.abc import Iterator

from pali_tf.errors import UserError
from pali_tf.importing.benchmarks import published, squad
from pali_tf.importing.options import Options
from pali_tf.webli import records

_LANGUAGES = {
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


def read(options: Options) -> Iterator[records.Record]:
    """Yields a question with its passage, and the answers."""
    split = published.for_split(
        options, train="train", validation="dev", test="dev"
    )
    path = published.find_file(options, f"tydiqa-goldp-v1.1-{split}.json")
    yield from squad.read_questions(path, options, _language_of)


def _language_of(question_id: str) -> str:
    name = question_id.split("-")[0]
    if name not in _LANGUAGES:
        raise UserError(
            f"The id {question_id!r} begins with no language of TyDiQA-GoldP: "
            f"{', '.join(_LANGUAGES)}."
        )
    return _LANGUAGES[name]
