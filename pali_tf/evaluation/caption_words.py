"""A caption into the words that CIDEr and its like compare.

| language       | words                                                       |
|----------------|-------------------------------------------------------------|
| en             | as COCO's evaluation cuts them (`english_words`)            |
| zh, ja, th     | a segmenter's, without punctuation                          |
| lo, km, my     | single characters: no segmenter knows them                  |
| all others, ko | what stands between spaces, without punctuation             |

All but English are in NFKC and lower case first.

Source: Crossmodal-3600, arXiv 2205.12522, section 5, which cuts zh, ja, ko and
    th with a neural segmenter that is not published.
"""

import functools
import json
import pathlib

import budoux.parser

from pali_tf.evaluation.english_words import english_words
from pali_tf.evaluation.text import words

_SEGMENTERS = {"zh": "zh-hans", "ja": "ja_word", "th": "th"}
# NFKC cuts this letter in two, which the segmenter has never seen.
_THAI_AM = ("\u0e4d\u0e32", "\u0e33")


def caption_words(text: str, language: str) -> list[str]:
    """Splits a caption into words.

    Args:
        text: the caption.
        language: its lower-case code; "" is taken for English.

    Example: ("A man's hat.", "en") gives ["a", "man", "'s", "hat"], and
    ("一个男人。", "zh") gives ["一", "个", "男人"].
    """
    if language in ("en", ""):
        return english_words(text)
    if language not in _SEGMENTERS:
        return words(text, language)
    segmenter = _segmenter(_SEGMENTERS[language])
    return [
        word
        for part in words(text, "")
        for word in segmenter.parse(part.replace(*_THAI_AM))
    ]


@functools.cache
def _segmenter(name: str) -> budoux.parser.Parser:
    """Reads one of BudouX's models: weights of letters around a place."""
    path = pathlib.Path(budoux.parser.MODEL_DIR) / f"{name}.json"
    return budoux.parser.Parser(json.loads(path.read_text(encoding="utf-8")))
