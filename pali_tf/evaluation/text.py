"""Text made comparable: Unicode forms, punctuation, words."""

import unicodedata

# As seqio_tasks.languages.WITHOUT_SPACES: their words are single characters.
_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "km", "my"})


def normalize(text: str) -> str:
    """Returns the text in NFKC, with single spaces.

    Vocabularies normalise so too: a full-width question mark comes back from a
    model as "?", which is no mistake of the model.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


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
