"""VQA accuracy, the metric of VQAv2, for any number of answers."""

import re
import statistics
from collections.abc import Sequence

from pali_tf.evaluation.text import normalize

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten".split()
    )
} | {"none": "0"}
# A point or comma between digits belongs to the number.
_PUNCTUATION = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[^\w\s.,]")
# So many people must agree for full marks.
_FULL_AGREEMENT = 3


def vqa_accuracy(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the mean accuracy, in [0, 1].

    With several people's answers, min(agreeing / 3, 1), averaged over all ways
    to leave one person out; with a single answer, whether it is that. Answers
    are compared in lower case, without articles and punctuation, numbers as
    digits.

    Args:
        references: N lists of answers, one a person.
        predictions: N texts.

    Example: [["Two", "2", "two cats", "2"]] and ["2"] give
    (3 * min(2/3, 1) + min(3/3, 1)) / 4 = 0.75.

    Source: GT-Vision-Lab/VQA PythonEvaluationTools/vqaEvaluation/vqaEval.py;
        its table of contractions is left out.
    """
    return statistics.fmean(
        _accuracy([canonical(text) for text in right], canonical(prediction))
        for right, prediction in zip(references, predictions, strict=True)
    )


def canonical(answer: str) -> str:
    """Returns an answer as the metric compares it.

    Example: "The two cats." gives "2 cats".
    """
    text = _PUNCTUATION.sub("", normalize(answer).lower())
    text = _ARTICLES.sub("", text)
    return " ".join(_NUMBERS.get(word, word) for word in text.split())


def _accuracy(answers: list[str], prediction: str) -> float:
    if len(answers) == 1:
        return float(answers[0] == prediction)
    num_agreeing = answers.count(prediction)
    return statistics.fmean(
        min((num_agreeing - (answer == prediction)) / _FULL_AGREEMENT, 1.0)
        for answer in answers
    )
