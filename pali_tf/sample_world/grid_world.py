"""The grid level: one object or one character in each cell of 16 pixels."""

import itertools
import random

from pali_tf.sample_world import backgrounds, catalog, held_out, scene

SIDE_PIXELS = 64
CELL_PIXELS = SIDE_PIXELS // scene.GRID
JITTER_PIXELS = 1

_OBJECT_COUNTS = (1, 2, 3)
_OBJECT_COUNT_WEIGHTS = (0.3, 0.35, 0.35)
_MAX_NOISE = 10
_WORD_SHARE = 0.5
_WORD_LENGTHS = (2, 3, 4)
_FONT_PIXELS = 16
# Even, so that an object can sit in the middle of its cell.
_OBJECT_SIDES = (12, 14)


def make_scene(seed: int, split: str, index: int) -> scene.Scene:
    """Returns scene `index` of `split`: a function of its arguments alone."""
    rng = random.Random(f"{seed}/grid/{split}/{index}")
    background = backgrounds.make_background(rng, _MAX_NOISE)
    is_test = split == "test"
    words = ()
    taken: set[tuple[int, int]] = set()
    if rng.random() < _WORD_SHARE:
        word, taken = _make_word(rng, seed, background, is_test=is_test)
        words = (word,)
    things = _make_things(rng, seed, taken, is_test=is_test)
    return scene.Scene(
        level="grid",
        split=split,
        index=index,
        side_pixels=SIDE_PIXELS,
        things=things,
        words=words,
        background=background,
    )


def _make_word(
    rng: random.Random,
    seed: int,
    background: scene.Background,
    *,
    is_test: bool,
) -> tuple[scene.Word, set[tuple[int, int]]]:
    """Returns a word in a row of cells, and those cells."""
    while True:
        script = catalog.choose_script(rng)
        length = rng.choice(_WORD_LENGTHS)
        text = "".join(rng.choices(catalog.GRID_CHARACTERS[script], k=length))
        if held_out.is_word_held_out(seed, text) == is_test:
            break
    row = rng.randrange(scene.GRID)
    column = rng.randrange(scene.GRID - length + 1)
    offsets = tuple((_jitter(rng), _jitter(rng)) for _ in text)
    word = scene.Word(
        text=text,
        language=catalog.SCRIPT_LANGUAGES[script],
        script=script,
        rgb=backgrounds.ink(background),
        top=row * CELL_PIXELS,
        left=column * CELL_PIXELS,
        height_pixels=CELL_PIXELS,
        width_pixels=length * CELL_PIXELS,
        font_pixels=_FONT_PIXELS,
        character_offsets=offsets,
    )
    return word, {(row, column + i) for i in range(length)}


def _make_things(
    rng: random.Random,
    seed: int,
    taken: set[tuple[int, int]],
    *,
    is_test: bool,
) -> tuple[scene.Thing, ...]:
    """Returns objects of distinct (colour, shape) in distinct free cells."""
    cells = itertools.product(range(scene.GRID), repeat=2)
    free = [cell for cell in cells if cell not in taken]
    count = rng.choices(_OBJECT_COUNTS, _OBJECT_COUNT_WEIGHTS)[0]
    things: list[scene.Thing] = []
    used: set[tuple[str, str]] = set()
    for row, column in sorted(rng.sample(free, count)):
        allowed = [
            kind
            for kind in held_out.kinds_at(seed, row, column, is_test=is_test)
            if kind not in used
        ]
        kind = rng.choice(allowed)
        used.add(kind)
        things.append(_make_thing(rng, kind, row, column))
    return tuple(things)


def _make_thing(
    rng: random.Random, kind: tuple[str, str], row: int, column: int
) -> scene.Thing:
    color, shape = kind
    side = rng.choice(_OBJECT_SIDES)
    margin = (CELL_PIXELS - side) // 2
    return scene.Thing(
        color=color,
        shape=shape,
        texture="plain",
        size="large",
        rgb=backgrounds.vary(rng, catalog.COLORS[color], 10),
        top=row * CELL_PIXELS + margin + _jitter(rng),
        left=column * CELL_PIXELS + margin + _jitter(rng),
        side_pixels=side,
    )


def _jitter(rng: random.Random) -> int:
    return rng.randint(-JITTER_PIXELS, JITTER_PIXELS)
