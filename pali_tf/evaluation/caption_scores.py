"""CIDEr, BLEU-4, ROUGE-L and METEOR of captions in one language.

All are times 100, as in papers. Each takes N lists of references, N captions
and their language's code; "" is taken for English.
"""

import functools
import shutil
from collections.abc import Sequence
from typing import Any

from absl import logging
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge

from pali_tf.evaluation.caption_words import caption_words

_PERCENT = 100.0


def cider(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    language: str,
) -> float:
    """Returns CIDEr.

    A word counts the more, the fewer images' references have it; that is
    counted over all references given here, so score a whole test set at once.
    One image alone scores 0.

    Source: CIDEr, arXiv 1411.5726; pycocoevalcap (CIDEr-D, n = 4, sigma = 6).
    """
    return _score(Cider(), references, predictions, language)


def bleu(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    language: str,
) -> float:
    """Returns the corpus' BLEU-4."""
    return _score(Bleu(4), references, predictions, language, verbose=0)


def rouge_l(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    language: str,
) -> float:
    """Returns ROUGE-L."""
    return _score(Rouge(), references, predictions, language)


def meteor(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    language: str,
) -> float:
    """Returns METEOR, which matches by English stems and paraphrases."""
    return _score(Meteor(), references, predictions, language)


@functools.cache
def has_java() -> bool:
    """Tells whether METEOR can be computed; if not, that is said once."""
    if shutil.which("java") is None:
        logging.warning("METEOR is not computed: there is no `java` command.")
        return False
    return True


def _score(
    scorer: Any,
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    language: str,
    **options: Any,
) -> float:
    def tokenized(text: str) -> str:
        return " ".join(caption_words(text, language))

    gold = {
        index: [tokenized(text) for text in texts]
        for index, texts in enumerate(references)
    }
    said = {i: [tokenized(text)] for i, text in enumerate(predictions)}
    score, _ = scorer.compute_score(gold, said, **options)
    # BLEU of one word up to four.
    return _PERCENT * float(score[-1] if isinstance(score, list) else score)
