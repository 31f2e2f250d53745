"""What a language's file holds, and how its sentences are put together.

All the grammar is in the patterns. A noun belongs to a class (its gender,
mostly); for each role that a noun phrase plays in a sentence there is one
pattern a class, which picks the article, the form of each adjective and the
form of the noun. For "with a red star", in Russian:

    noun     "star": {"class": "f", "nom": "звезда", "ins": "звездой"}
    color    "red": {"f": "красная", "f_ins": "красной", ...}
    pattern  "picture", class f: "{color[f_ins]} {noun[ins]}"
    result   "красной звездой"
"""

import dataclasses
from collections.abc import Mapping, Sequence

Forms = str | Mapping[str, str]

# The roles of a noun phrase, and where each is used.
ROLES = (
    "listed",  # a list of objects, as a caption
    "picture",  # "picture of ..."
    "shown",  # "The picture shows ..."
    "exists",  # "Is there ...?"
    "which_color",  # "What color is ...?": the noun without its color
    "which_shape",  # "What shape is ...?": the noun is `object`
    "where",  # "Where is ...?" and "... is at the top left"
    "detailed",  # in a list, with size and texture
)
PLACES = ("top left", "top right", "bottom left", "bottom right", "center")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grammar:
    """A language, as data.

    `alt_texts` and `sentences` take {listed}, {picture}, {shown}, {detailed}
    (lists of noun phrases in that role), {background}, {word}, {count},
    {where} and {place}; `questions` take {phrase}.
    """

    language: str
    nouns: Mapping[str, Mapping[str, str]]
    colors: Mapping[str, Forms]
    sizes: Mapping[str, Forms]
    textures: Mapping[str, Forms]
    phrases: Mapping[str, Mapping[str, str]]
    comma: str
    last_comma: str
    places: Mapping[str, str]
    backgrounds: Mapping[str, str]
    alt_texts: Mapping[str, str]
    sentences: Mapping[str, str]
    questions: Mapping[str, str]

    def noun_phrase(
        self,
        role: str,
        *,
        shape: str,
        color: str,
        size: str = "large",
        texture: str = "plain",
    ) -> str:
        """Returns the noun phrase of an object in `role`."""
        noun = self.nouns[shape]
        patterns = self.phrases[role]
        text = patterns[noun["class"]].format(
            noun=noun,
            color=self.colors[color],
            size=self.sizes[size],
            texture=self.textures[texture],
        )
        return " ".join(text.split()) if role == "detailed" else text

    def join(self, phrases: Sequence[str]) -> str:
        """Returns "a, b and c"."""
        if len(phrases) == 1:
            return phrases[0]
        return self.comma.join(phrases[:-1]) + self.last_comma + phrases[-1]


def capitalize(sentence: str) -> str:
    """Returns the sentence with its first letter as a capital."""
    return sentence[:1].upper() + sentence[1:]
