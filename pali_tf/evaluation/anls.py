"""ANLS: how near an answer is to a right one, letter by letter."""

import statistics
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

# An answer less similar than this is wrong altogether.
_THRESHOLD = 0.5


def anls(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the mean similarity, in [0, 1], to the nearest right answer.

    Similarity is 1 - edits / length of the longer text; case and repeated
    spaces do not count as edits. Below 0.5 it is 0; 0.5 itself counts, as on
    the server (the paper's formula leaves it out).

    Args:
        references: N lists of right answers, none empty.
        predictions: N texts.

    Example: [["hello"]] and ["Hallo"] give 1 - 1/5 = 0.8.

    Source: ST-VQA, arXiv 1905.13648, section 4; the script of its server,
        rrc.cvc.uab.es, as in QwenLM/Qwen-VL eval_mm/infographicsvqa_eval.py.
    """
    return statistics.fmean(
        _similarity(right, prediction)
        for right, prediction in zip(references, predictions, strict=True)
    )


def _similarity(right: Sequence[str], prediction: str) -> float:
    best = 1 - min(_distance(text, prediction) for text in right)
    return best if best >= _THRESHOLD else 0.0


def _distance(text: str, other: str) -> float:
    # The server measures length before it strips, in capitals.
    length = max(len(text.upper()), len(other.upper()))
    return Levenshtein.distance(_plain(text), _plain(other)) / max(length, 1)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
