"""A caption into the words that CIDEr and its like compare.

| language       | words                                                       |
|----------------|-------------------------------------------------------------|
| en             | as COCO's evaluation cuts them                              |
| zh, ja, th     | a segmenter's, without punctuation                          |
| lo, km, my     | single characters: no segmenter knows them                  |
| all others, ko | what stands between spaces, without punctuation             |

All but English are in NFKC and lower case first.

English is cut by the Stanford tokenizer of the Penn Treebank's rules in lower
case, with punctuation dropped; it is Java. Here are the rules that captions
meet.

Source: Crossmodal-3600, arXiv 2205.12522, section 5, which cuts zh, ja, ko and
    th with a neural segmenter that is not published; pycocoevalcap
    tokenizer/ptbtokenizer.py (Stanford CoreNLP 3.4.1).
"""

import functools
import json
import pathlib
import re
import unicodedata

import budoux.parser

_BRACKETS = {
    "(": "-lrb-",
    ")": "-rrb-",
    "[": "-lsb-",
    "]": "-rsb-",
    "{": "-lcb-",
    "}": "-rcb-",
}
# Dropped; brackets stay, for COCO's list has them in capitals.
_DROPPED = frozenset(["''", "'", "``", "`", "?", "!", ",", ":", ";", '"'])
_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": " -- ",
        "—": " -- ",
        # As the tokenizer writes money.
        "€": "$",
        "£": "#",
    }
)
# They keep their point.
_ABBREVIATIONS = (
    "mr|mrs|ms|messrs|dr|hon|st|jr|sr|vs|etc|est|inc|co|corp|ltd|bros|assn"
    "|dept|univ|ave|blvd|rd|ft|mt|tel|calif|prof|rev|gen|maj|col|capt|cmdr|adm"
    "|lt|sgt|gov|sen|rep|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|mon"
    "|tue|tues|wed|thu|thurs|fri"
)
_TOKEN = re.compile(
    rf"""
      (?:https?://|www\.)\S+                      # an address
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
    | [@#][a-z]\w*
    | '\d\ds?\b | 'n'                             # '90s, rock 'n' roll
    | o'clock\b | ol'(?!\w) | y'all\b
    | can(?=not\b) | gon(?=na\b) | got(?=ta\b) | wan(?=na\b)
    | lem(?=me\b) | gim(?=me\b)
    | \d+:\d+(?=[ap]m\b)                         # 12:45 pm
    | \d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?(?!\w|-\w)  # 10:30, 1,000
    | (?:[a-z]\.){{2,}} | [a-z]\.(?!\w)            # u.s., j. smith
    | (?:{_ABBREVIATIONS})\. | no\.(?=\s*\d)
    | [^\W_]+(?=n't\b)                            # ca n't
    | n't\b
    | '(?:s|m|d|re|ve|ll)\b
    | (?-i:[A-Z]+&[A-Z]+)                         # AT&T
    | [^\W_]+/[^\W_]+                             # and/or
    | [^\W_]+(?:['._-](?!(?:s|m|d|re|ve|ll)\b|\S*n't\b)[^\W_]+)*
    | \.\.\.+ | [?!]{{2,}} | -+ | \*+ | \#+ | ''
    | \S
    """,
    re.VERBOSE | re.IGNORECASE,
)
# As seqio_tasks.languages.WITHOUT_SPACES: their words are single characters
# where no segmenter is asked.
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "km", "my"})
_SEGMENTERS = {"zh": "zh-hans", "ja": "ja_word", "th": "th"}
# NFKC cuts this letter in two, which the segmenter has never seen.
_THAI_AM = ("\u0e4d\u0e32", "\u0e33")


def caption_words(text: str, language: str) -> list[str]:
    """Splits a caption into words; the language "" is taken for English.

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


def english_words(text: str) -> list[str]:
    """Splits an English text into words, with contractions cut in two.

    Example: "The man's dog can't sit, well-fed." gives ["the", "man", "'s",
    "dog", "ca", "n't", "sit", "well-fed"].
    """
    tokens: list[str] = _TOKEN.findall(text.translate(_PLAIN))
    return [
        _BRACKETS.get(token) or token.lower()
        for token in tokens
        if token not in _DROPPED and token.strip("-.")
    ]


def words(text: str, language: str) -> list[str]:
    """Splits a text into lower-case words without punctuation.

    Example: "L'étoile, rouge!" gives ["l", "étoile", "rouge"]; in "km" each
    character is a word.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(
        " " if unicodedata.category(character).startswith("P") else character
        for character in folded
    )
    if language in _WITHOUT_SPACES:
        return [character for character in bare if not character.isspace()]
    return bare.split()


@functools.cache
def _segmenter(name: str) -> budoux.parser.Parser:
    """Reads one of BudouX's models: weights of letters around a place."""
    path = pathlib.Path(budoux.parser.MODEL_DIR) / f"{name}.json"
    return budoux.parser.Parser(json.loads(path.read_text(encoding="utf-8")))
