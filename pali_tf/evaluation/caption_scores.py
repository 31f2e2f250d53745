"""CIDEr, BLEU-4, ROUGE-L and METEOR of captions in one language.

All are pycocoevalcap's, times 100 as in papers. Each takes N lists of
references, N captions and their language's code; "" is taken for English.
"""

import functools
import shutil
from collections.abc import Callable, Sequence
from typing import Any

from absl import logging
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge

from pali_tf.evaluation.caption_words import caption_words

_PERCENT = 100.0


def _score(
    scorer: Callable[[], Any],
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
    score, _ = scorer().compute_score(gold, said, **options)
    # BLEU of one word up to four.
    return _PERCENT * float(score[-1] if isinstance(score, list) else score)


# A word counts the more, the fewer images' references have it; that is counted
# over all references given, so score a whole test set at once: one image alone
# scores 0. CIDEr-D, n = 4, sigma = 6. Source: CIDEr, arXiv 1411.5726.
cider = functools.partial(_score, Cider)
bleu = functools.partial(_score, functools.partial(Bleu, 4), verbose=0)
rouge_l = functools.partial(_score, Rouge)


def meteor(
    references: Sequence[Sequence[str]], predictions: Sequence[str]
) -> float:
    """Returns METEOR, which matches by English stems and paraphrases."""
    return _score(Meteor, references, predictions, "en")


@functools.cache
def has_java() -> bool:
    """Tells whether METEOR can be computed; if not, that is said once."""
    if shutil.which("java") is None:
        logging.warning("METEOR is not computed: there is no `java` command.")
        return False
    return True
