"""The free level: sizes, textures, overlap, print in several scripts."""

import random

from pali_tf.sample_world import (
    backgrounds,
    catalog,
    held_out,
    lettering,
    scene,
)
from pali_tf.sample_world.lexicon import LEXICON

SIDE_PIXELS = 128

_OBJECT_COUNTS = (1, 2, 3, 4, 5)
_WORD_COUNTS = (0, 1, 2)
_WORD_COUNT_WEIGHTS = (0.35, 0.45, 0.2)
_CODE_SHARE = 0.5
_CODE_LENGTHS = (2, 3, 4, 5)
_FONT_PIXELS = (14, 22)
_SIDES = {"small": (20, 28), "large": (36, 48)}
_MAX_NOISE = 18
# Of the smaller of two objects, at most this share may be covered.
_MAX_OVERLAP = 0.3
# Free pixels around print, so that it can be read.
_WORD_MARGIN = 2
_TRIES = 50

Rectangle = tuple[int, int, int, int]  # top, left, height, width


def make_scene(
    seed: int, split: str, index: int, scripts: frozenset[str]
) -> scene.Scene:
    """Returns scene `index` of `split`, with print in `scripts` only."""
    rng = random.Random(f"{seed}/free/{split}/{index}")
    background = backgrounds.make_background(rng, _MAX_NOISE)
    is_test = split == "test"
    words: list[scene.Word] = []
    for _ in range(rng.choices(_WORD_COUNTS, _WORD_COUNT_WEIGHTS)[0]):
        word = _make_word(rng, seed, background, scripts, is_test=is_test)
        around = _grow(_of(word), _WORD_MARGIN)
        if not any(_overlap(around, _of(other)) for other in words):
            words.append(word)
    things = _make_things(rng, seed, words, is_test=is_test)
    picture = scene.Scene(
        level="free",
        split=split,
        index=index,
        side_pixels=SIDE_PIXELS,
        things=things,
        words=tuple(sorted(words, key=lambda word: (word.top, word.left))),
        background=background,
    )
    return picture


def _make_word(
    rng: random.Random,
    seed: int,
    background: scene.Background,
    scripts: frozenset[str],
    *,
    is_test: bool,
) -> scene.Word:
    while True:
        text, language, script = _choose_text(rng, scripts)
        if held_out.is_word_held_out(seed, text) != is_test:
            continue
        size = rng.randint(*_FONT_PIXELS)
        mask = lettering.word_mask(text, script, size)
        if mask.width <= SIDE_PIXELS:
            break
    return scene.Word(
        text=text,
        language=language,
        script=script,
        rgb=backgrounds.ink(background),
        top=rng.randint(0, SIDE_PIXELS - mask.height),
        left=rng.randint(0, SIDE_PIXELS - mask.width),
        height_pixels=mask.height,
        width_pixels=mask.width,
        font_pixels=size,
    )


def _choose_text(
    rng: random.Random, scripts: frozenset[str]
) -> tuple[str, str, str]:
    """Returns a code or a real word: its text, language and script."""
    if rng.random() < _CODE_SHARE:
        script = catalog.choose_script(rng)
        length = rng.choice(_CODE_LENGTHS)
        text = "".join(rng.choices(catalog.GRID_CHARACTERS[script], k=length))
        return text, catalog.SCRIPT_LANGUAGES[script], script
    languages = [
        code for code, (script, _) in LEXICON.items() if script in scripts
    ]
    language = rng.choice(languages)
    script, words = LEXICON[language]
    return rng.choice(words), language, script


def _make_things(
    rng: random.Random, seed: int, words: list[scene.Word], *, is_test: bool
) -> tuple[scene.Thing, ...]:
    wanted = rng.choice(_OBJECT_COUNTS)
    blocked = [_grow(_of(word), _WORD_MARGIN) for word in words]
    things: list[scene.Thing] = []
    tries = 0
    # Crowded scenes end with fewer objects than wanted, never with none.
    while len(things) < wanted and (tries < _TRIES or not things):
        tries += 1
        thing = _make_thing(rng, seed, is_test=is_test)
        if not any(_overlap(_of(thing), box) for box in blocked) and not any(
            _collides(thing, other) for other in things
        ):
            things.append(thing)
    return tuple(things)


def _make_thing(rng: random.Random, seed: int, *, is_test: bool) -> scene.Thing:
    size = rng.choice(catalog.SIZES)
    side = rng.randint(*_SIDES[size])
    top = rng.randint(0, SIDE_PIXELS - side)
    left = rng.randint(0, SIDE_PIXELS - side)
    row, column = scene.cell_of(top + side / 2, left + side / 2, SIDE_PIXELS)
    kinds = held_out.kinds_at(seed, row, column, is_test=is_test)
    color, shape = rng.choice(kinds)
    return scene.Thing(
        color=color,
        shape=shape,
        texture=rng.choice(catalog.TEXTURES),
        size=size,
        rgb=backgrounds.vary(rng, catalog.COLORS[color], 20),
        top=top,
        left=left,
        side_pixels=side,
    )


def _of(item: scene.Thing | scene.Word) -> Rectangle:
    if isinstance(item, scene.Thing):
        return item.top, item.left, item.side_pixels, item.side_pixels
    return item.top, item.left, item.height_pixels, item.width_pixels


def _grow(box: Rectangle, margin: int) -> Rectangle:
    top, left, height, width = box
    return top - margin, left - margin, height + 2 * margin, width + 2 * margin


def _overlap(first: Rectangle, second: Rectangle) -> int:
    """Returns the number of pixels that two rectangles share."""
    height = min(first[0] + first[2], second[0] + second[2]) - max(
        first[0], second[0]
    )
    width = min(first[1] + first[3], second[1] + second[3]) - max(
        first[1], second[1]
    )
    return max(0, height) * max(0, width)


def _collides(thing: scene.Thing, other: scene.Thing) -> bool:
    """Whether two objects are of one kind, or hide too much of each other."""
    if thing.label == other.label:
        return True
    smaller = min(thing.side_pixels, other.side_pixels) ** 2
    return _overlap(_of(thing), _of(other)) > _MAX_OVERLAP * smaller
