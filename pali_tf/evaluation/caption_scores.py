"""CIDEr, BLEU, ROUGE-L and METEOR of captions, language by language."""

import functools
import shutil
from collections.abc import Callable, Sequence

from absl import logging
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge

from pali_tf.evaluation.by_language import by_language
from pali_tf.evaluation.caption_words import caption_words

_Texts = dict[int, list[str]]

# The papers' scale.
_PERCENT = 100.0


def cider(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
) -> dict[str, float]:
    """Returns CIDEr, times 100 as in papers, of each language and their mean.

    A word counts the more, the fewer images' references have it; that is
    counted over all references of the language given here, so score a whole
    test set at once. One image alone scores 0.

    Args:
        references: N lists of captions.
        predictions: N captions.
        languages: N codes.

    Returns:
        {"cider": mean over languages, "cider/en": ..., ...}.

    Source: CIDEr, arXiv 1411.5726; pycocoevalcap (CIDEr-D, n = 4, sigma = 6).
    """
    return by_language(
        "cider",
        references,
        predictions,
        languages,
        _scorer(lambda gold, said: Cider().compute_score(gold, said)[0]),
    )


def bleu(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
) -> dict[str, float]:
    """Returns corpus BLEU-4, times 100, of each language and their mean.

    Args:
        references: N lists of captions.
        predictions: N captions.
        languages: N codes.

    Returns:
        {"bleu": mean over languages, "bleu/en": ..., ...}.
    """
    return by_language(
        "bleu",
        references,
        predictions,
        languages,
        _scorer(
            lambda gold, said: Bleu(4).compute_score(gold, said, verbose=0)[0][
                -1
            ]
        ),
    )


def rouge_l(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
) -> dict[str, float]:
    """Returns ROUGE-L, times 100, of each language and their mean.

    Args:
        references: N lists of captions.
        predictions: N captions.
        languages: N codes.

    Returns:
        {"rouge_l": mean over languages, "rouge_l/en": ..., ...}.
    """
    return by_language(
        "rouge_l",
        references,
        predictions,
        languages,
        _scorer(lambda gold, said: Rouge().compute_score(gold, said)[0]),
    )


def meteor(
    references: Sequence[Sequence[str]],
    predictions: Sequence[str],
    languages: Sequence[str],
) -> dict[str, float]:
    """Returns METEOR, times 100, of the English captions.

    It matches by English stems and paraphrases, so captions in other languages
    have no score; nor has any where there is no Java, which is said once.

    Args:
        references: N lists of captions.
        predictions: N captions.
        languages: N codes; "" is taken for English.

    Returns:
        {"meteor": ...}, or nothing.
    """
    rows = [i for i, code in enumerate(languages) if code in ("en", "")]
    if not rows or not _has_java():
        return {}
    score = _scorer(lambda gold, said: Meteor().compute_score(gold, said)[0])
    return {
        "meteor": score(
            [references[i] for i in rows], [predictions[i] for i in rows], "en"
        )
    }


@functools.cache
def _has_java() -> bool:
    if shutil.which("java") is None:
        logging.warning("METEOR is not computed: there is no `java` command.")
        return False
    return True


def _scorer(
    score: Callable[[_Texts, _Texts], float],
) -> Callable[[Sequence[Sequence[str]], Sequence[str], str], float]:
    """Wraps a scorer of tokenised texts."""

    def compute(
        references: Sequence[Sequence[str]],
        predictions: Sequence[str],
        language: str,
    ) -> float:
        def tokenized(text: str) -> str:
            return " ".join(caption_words(text, language))

        gold = {
            index: [tokenized(text) for text in texts]
            for index, texts in enumerate(references)
        }
        said = {i: [tokenized(text)] for i, text in enumerate(predictions)}
        return _PERCENT * float(score(gold, said))

    return compute
