"""Scene -> question-answer triples: twelve languages, English answers."""

import dataclasses
import random
from collections import Counter
from collections.abc import Callable

from pali_tf.sample_world import labels, scene
from pali_tf.sample_world.grammar import GRAMMARS, Grammar
from pali_tf.webli import records

QUESTIONS_PER_SCENE = 3

# Kinds with many answers lead, so that guessing without the image pays little.
# A scene's questions are distinct, and not every kind fits every scene, so the
# shares that come out are flatter: about 0.34, 0.33, 0.13, 0.09, 0.09, 0.02.
KIND_WEIGHTS: dict[str, float] = {
    "color": 0.44,
    "shape": 0.42,
    "count": 0.10,
    "position": 0.07,
    "presence": 0.06,
    "text": 0.04,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """A question without its words: kind, what it is about, its answer."""

    kind: str
    color: str
    shape: str
    answer: str


def make_questions(
    picture: scene.Scene, rng: random.Random
) -> tuple[Question, ...]:
    """Returns distinct questions that have exactly one right answer each."""
    kinds = list(KIND_WEIGHTS)
    weights = list(KIND_WEIGHTS.values())
    found: list[Question] = []
    # Presence can always be asked anew, so this ends.
    while len(found) < QUESTIONS_PER_SCENE:
        kind = rng.choices(kinds, weights)[0]
        question = _MAKERS[kind](picture, rng)
        if question is not None and question not in found:
            found.append(question)
    return tuple(found)


def question_answers(
    picture: scene.Scene, rng: random.Random
) -> tuple[records.QuestionAnswer, ...]:
    """Returns each question in every language, its answer in English."""
    return tuple(
        records.QuestionAnswer(
            question=say(question, grammar),
            answer=question.answer,
            language=grammar.language,
        )
        for question in make_questions(picture, rng)
        for grammar in GRAMMARS.values()
    )


_ROLES = {
    "color": "which_color",
    "shape": "which_shape",
    "position": "where",
    "presence": "exists",
}


def say(question: Question, grammar: Grammar) -> str:
    """Returns the question in the words of a language."""
    template = grammar.questions[question.kind]
    if question.kind not in _ROLES:
        return template
    phrase = grammar.noun_phrase(
        _ROLES[question.kind], shape=question.shape, color=question.color
    )
    return template.format(phrase=phrase)


def _ask_color(picture: scene.Scene, rng: random.Random) -> Question | None:
    shapes = Counter(thing.shape for thing in picture.things)
    single = [thing for thing in picture.things if shapes[thing.shape] == 1]
    if not single:
        return None
    thing = rng.choice(single)
    # The phrase does not tell the colour; any will do to build it.
    return Question("color", thing.color, thing.shape, thing.color)


def _ask_shape(picture: scene.Scene, rng: random.Random) -> Question | None:
    colors = Counter(thing.color for thing in picture.things)
    single = [thing for thing in picture.things if colors[thing.color] == 1]
    if not single:
        return None
    thing = rng.choice(single)
    return Question("shape", thing.color, "object", thing.shape)


def _ask_count(picture: scene.Scene, rng: random.Random) -> Question | None:
    return Question("count", "", "", str(len(picture.things)))


def _ask_position(picture: scene.Scene, rng: random.Random) -> Question | None:
    thing = rng.choice(picture.things)
    place = picture.place_name(thing)
    if place is None:
        return None
    return Question("position", thing.color, thing.shape, place)


def _ask_presence(picture: scene.Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.5:
        thing = rng.choice(picture.things)
        return Question("presence", thing.color, thing.shape, "yes")
    color, shape = labels.absent_kind(
        picture, rng, is_near_miss=rng.random() < 0.5
    )
    return Question("presence", color, shape, "no")


def _ask_text(picture: scene.Scene, rng: random.Random) -> Question | None:
    if len(picture.words) != 1:
        return None
    return Question("text", "", "", picture.words[0].text)


_MAKERS: dict[str, Callable[[scene.Scene, random.Random], Question | None]] = {
    "color": _ask_color,
    "shape": _ask_shape,
    "count": _ask_count,
    "position": _ask_position,
    "presence": _ask_presence,
    "text": _ask_text,
}
