"""English captions into words, as COCO's evaluation cuts them.

That is the Stanford tokenizer of the Penn Treebank's rules in lower case, with
punctuation dropped; it is Java. Here are the rules that captions meet.

Source: pycocoevalcap tokenizer/ptbtokenizer.py (Stanford CoreNLP 3.4.1).
"""

import re

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
