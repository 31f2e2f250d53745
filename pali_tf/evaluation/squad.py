"""F1 and exact match of answers cut from a text, by SQuAD's and MLQA's rules.

XQuAD and TyDiQA are scored by SQuAD's rule in every language, by XTREME and by
mT5; MLQA has a rule of its own, with the articles and marks of each language.

Source: google-research/xtreme third_party/evaluate_squad.py;
    facebookresearch/MLQA mlqa_evaluation_v1.py.
"""

import collections
import re
import statistics
import string
import unicodedata
from collections.abc import Callable, Sequence

# (text, language) -> its words.
Words = Callable[[str, str], list[str]]

_ENGLISH_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ARTICLES = {
    "en": _ENGLISH_ARTICLES,
    "es": re.compile(r"\b(un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(của|là|cái|chiếc|những)\b"),
    "de": re.compile(
        r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"
    ),
    # Wherever the letters stand: the rule of MLQA looks no closer.
    "ar": re.compile("ال"),
}
_IDEOGRAPH = re.compile("([\u4e00-\u9fa5])")
_ASCII_MARKS = frozenset(string.punctuation)


def squad_words(text: str, language: str = "") -> list[str]:
    """Splits an answer by SQuAD's rule, which is the same for all languages.

    Lower case, without ASCII punctuation and English articles.
    """
    del language
    kept = "".join(c for c in text.lower() if c not in _ASCII_MARKS)
    return _ENGLISH_ARTICLES.sub(" ", kept).split()


def mlqa_words(text: str, language: str) -> list[str]:
    """Splits an answer by MLQA's rule.

    Lower case, without punctuation and the articles of en, es, vi, de and ar;
    in zh each ideograph is a word. Languages that MLQA does not have lose
    their punctuation only.
    """
    kept = "".join(c for c in text.lower() if not _is_mark(c))
    if language in _ARTICLES:
        kept = _ARTICLES[language].sub(" ", kept)
    if language == "zh":
        kept = _IDEOGRAPH.sub(r" \1 ", kept)
    return kept.split()


def f1_and_exact_match(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
    words: Words = squad_words,
) -> tuple[float, float]:
    """Returns the means of F1 and of exact match, in [0, 1].

    Each prediction counts with the reference that suits it best.

    Example: [["the red cat"]] and ["a red dog"] give (0.5, 0.0).
    """
    f1, exact = [], []
    for right, said, code in zip(
        references, predictions, languages, strict=True
    ):
        found = words(said, code)
        wanted = [words(text, code) for text in right]
        f1.append(max(_f1(answer, found) for answer in wanted))
        exact.append(max(answer == found for answer in wanted))
    return statistics.fmean(f1), statistics.fmean(exact)


def _f1(wanted: list[str], found: list[str]) -> float:
    common = collections.Counter(wanted) & collections.Counter(found)
    num_same = common.total()
    if num_same == 0:
        return 0.0
    precision, recall = num_same / len(found), num_same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _is_mark(character: str) -> bool:
    return (
        character in _ASCII_MARKS or unicodedata.category(character)[0] == "P"
    )
