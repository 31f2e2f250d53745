"""How right texts are: exactly, in order of likelihood, by word or letter.

Each takes N lists of right texts, none empty, and N predictions. Unicode form
and spaces do not count; letter case does where nothing else is said.
"""

import statistics
import unicodedata
from collections.abc import Sequence

import jiwer
from rapidfuzz.distance import Levenshtein

from pali_tf.errors import UserError

# An answer less similar than this is wrong altogether by ANLS.
_ANLS_THRESHOLD = 0.5


def normalize(text: str) -> str:
    """Returns the text in NFKC, with single spaces.

    Vocabularies normalise so too: a full-width question mark comes back from a
    model as "?", which is no mistake of the model.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def exact_match(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the share, in [0, 1], of predictions that are a reference.

    Example: [["a cat", "one cat"], ["no"]] and ["one  cat", "No"] give 0.5.
    """
    return top_k(references, predictions, 1)


def top_k(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str | Sequence[str]],
    k: int,
) -> float:
    """Returns the share, in [0, 1], with a right class among the first k.

    A prediction is a list of k classes at least, the likeliest first; for
    k = 1 a text stands for a list of one.

    Raises:
        UserError: a list of fewer than k classes.

    Example: [["cat"], ["dog"]] and [["cow", "cat"], ["cow", "hen"]] give 0.5
    for k = 2.
    """
    hits = []
    for right, ranked in zip(references, predictions, strict=True):
        classes = [ranked] if isinstance(ranked, str) else ranked
        if len(classes) < k:
            raise UserError(
                f"Top-{k} accuracy needs {k} classes in order for each "
                f"example; there is {len(classes)}: {list(classes)}."
            )
        names = {normalize(text) for text in right}
        hits.append(any(normalize(name) in names for name in classes[:k]))
    return statistics.fmean(hits)


def token_accuracy(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the share of the first references' words said in their place.

    Words stand between spaces, sentinels count; the model has written its own
    words before each, not the reference's.

    Example: [["a b c"], ["d"]] and ["a c b", "d"] give 2 / 4.
    """
    num_right = num_words = 0
    for right, prediction in zip(references, predictions, strict=True):
        expected = normalize(right[0]).split()
        said = normalize(prediction).split()
        num_words += len(expected)
        num_right += sum(
            word == other for word, other in zip(expected, said, strict=False)
        )
    return num_right / num_words


def character_error_rate(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns edits over characters of the first references; may exceed 1.

    Example: [["abc"], ["de"]] and ["abd", ""] give (1 + 2) / 5 = 0.6.
    """
    return float(
        jiwer.cer(
            [normalize(right[0]) for right in references],
            [normalize(text) for text in predictions],
        )
    )


def anls(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns the mean similarity, in [0, 1], to the nearest right answer.

    Similarity is 1 - edits / length of the longer text; case and repeated
    spaces do not count as edits. Below 0.5 it is 0; 0.5 itself counts, as on
    the server (the paper's formula leaves it out).

    Example: [["hello"]] and ["Hallo"] give 1 - 1/5 = 0.8.

    Source: ST-VQA, arXiv 1905.13648, section 4; the script of its server,
        rrc.cvc.uab.es, as in QwenLM/Qwen-VL eval_mm/infographicsvqa_eval.py.
    """

    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    def distance(text: str, other: str) -> float:
        # The server measures length before it strips, in capitals.
        length = max(len(text.upper()), len(other.upper()), 1)
        return Levenshtein.distance(plain(text), plain(other)) / length

    best = [
        1 - min(distance(text, prediction) for text in right)
        for right, prediction in zip(references, predictions, strict=True)
    ]
    return statistics.fmean(x if x >= _ANLS_THRESHOLD else 0.0 for x in best)
