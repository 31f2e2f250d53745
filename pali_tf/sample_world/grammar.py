"""The sample's twelve languages, and how their sentences are put together.

`languages/<code>.toml` has all the grammar of a language. A noun belongs to a
class (its gender, mostly); for each role that a noun phrase plays in a sentence
there is one pattern a class, which picks the article, the form of each
adjective and the form of the noun. For "with a red star", in Russian:

    nouns               star = { class = "f", nom = "звезда", ins = "звездой" }
    colors              red = { f = "красная", f_ins = "красной", ... }
    phrases.picture     f = "{color[f_ins]} {noun[ins]}"
    result              "красной звездой"

A key of several words, as "m n" or "listed exists", stands for each of them. In
a language without classes a noun is its one form and a role has one pattern.
"""

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

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
    {where} and {place}; `questions` take {phrase}. `words` are what signs and
    labels say, in letters of `script`.
    """

    language: str
    script: str
    words: Sequence[str]
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


def _load(language: str) -> Grammar:
    file = (
        resources.files("pali_tf.sample_world")
        / "languages"
        / f"{language}.toml"
    )
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    content["words"] = content["words"].split()
    content["nouns"] = {
        name: {"class": "any", "one": forms}
        if isinstance(forms, str)
        else forms
        for name, forms in content["nouns"].items()
    }
    content["phrases"] = {
        role: _each(forms) if isinstance(forms, dict) else {"any": forms}
        for role, forms in _each(content["phrases"]).items()
    }
    for kind in ("colors", "sizes", "textures"):
        content[kind] = {
            name: _each(forms) if isinstance(forms, dict) else forms
            for name, forms in content[kind].items()
        }
    return Grammar(language=language, **content)


def _each(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for keys, value in table.items() for key in keys.split()}


# Scenes draw from them in this order.
LANGUAGES = tuple("en fr de es ru el tr id zh ja hi ar".split())
GRAMMARS = {language: _load(language) for language in LANGUAGES}
