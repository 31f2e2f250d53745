"""Scene -> captions and documents, in twelve languages."""

import dataclasses
import random

from pali_tf.sample_world import scene
from pali_tf.sample_world.grammar import (
    GRAMMARS,
    LANGUAGES,
    Grammar,
    capitalize,
)
from pali_tf.webli import records

# The share of WebLI's alt-texts that are English. Source: arXiv 2209.06794,
# figure of WebLI's languages (40.3 %).
_ENGLISH_SHARE = 0.4
_SECOND_LANGUAGE_SHARE = 0.3
# Everything generated is true of its image.
_SCORE = 1.0


def plain_captions(picture: scene.Scene) -> tuple[records.Caption, ...]:
    """Returns the list of objects in each language, for CC3M-35L."""
    return tuple(
        records.Caption(
            text=_Fields(picture, grammar)["listed"],
            language=grammar.language,
            score=_SCORE,
        )
        for grammar in GRAMMARS.values()
    )


def alt_texts(
    picture: scene.Scene, rng: random.Random
) -> tuple[records.Caption, ...]:
    """Returns alt-texts of varied form in one or two languages."""
    forms = ["list", "picture", "background"]
    if picture.words:
        forms.append("word")
    if picture.level == "free":
        forms.append("details")
    return tuple(
        records.Caption(
            text=_fill(
                GRAMMARS[language].alt_texts[rng.choice(forms)],
                picture,
                GRAMMARS[language],
            ),
            language=language,
            score=_SCORE,
        )
        for language in _caption_languages(rng)
    )


def document(picture: scene.Scene, rng: random.Random) -> str:
    """Returns two to six sentences about the scene, in one language."""
    grammar = GRAMMARS[rng.choice(LANGUAGES)]
    sentences = [_fill(grammar.sentences["shows"], picture, grammar)]
    details = [
        grammar.sentences["place"].format(
            where=_phrase(thing, grammar, "where"), place=grammar.places[place]
        )
        for thing in picture.things
        if (place := picture.place_name(thing)) is not None
    ]
    details.append(_fill(grammar.sentences["count"], picture, grammar))
    if picture.words:
        details.append(_fill(grammar.sentences["word"], picture, grammar))
    rng.shuffle(details)
    sentences += details[: rng.randint(1, 5)]
    separator = "" if grammar.comma == "、" else " "
    return separator.join(capitalize(sentence) for sentence in sentences)


def _caption_languages(rng: random.Random) -> list[str]:
    others = [language for language in LANGUAGES if language != "en"]
    first = "en" if rng.random() < _ENGLISH_SHARE else rng.choice(others)
    if rng.random() >= _SECOND_LANGUAGE_SHARE:
        return [first]
    second = rng.choice([code for code in LANGUAGES if code != first])
    return [first, second]


def _phrase(thing: scene.Thing, grammar: Grammar, role: str) -> str:
    return grammar.noun_phrase(
        role,
        shape=thing.shape,
        color=thing.color,
        size=thing.size,
        texture=thing.texture,
    )


def _fill(template: str, picture: scene.Scene, grammar: Grammar) -> str:
    return template.format_map(_Fields(picture, grammar))


@dataclasses.dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of caption and sentence templates, made when asked for."""

    picture: scene.Scene
    grammar: Grammar

    def __getitem__(self, field: str) -> str:
        if field == "background":
            is_dark = self.picture.background.is_dark
            return self.grammar.backgrounds["dark" if is_dark else "light"]
        if field == "count":
            return str(len(self.picture.things))
        if field == "word":
            return " ".join(word.text for word in self.picture.words)
        return self.grammar.join(
            [
                _phrase(thing, self.grammar, field)
                for thing in self.picture.things_as_read
            ]
        )
