"""What scenes are made of: colours, shapes, textures, characters."""

import random

# Far apart from one another, and from every background tint.
COLORS: dict[str, tuple[int, int, int]] = {
    "red": (220, 30, 40),
    "green": (30, 165, 60),
    "blue": (40, 90, 235),
    "yellow": (245, 220, 40),
    "purple": (150, 50, 190),
    "orange": (250, 130, 20),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "diamond")
TEXTURES = ("plain", "striped", "dotted")
SIZES = ("small", "large")

COMBINATIONS = tuple((color, shape) for color in COLORS for shape in SHAPES)

# Character sets of the grid level: few, and none that looks like another one
# of any script (no O beside 0, no Greek or Cyrillic twin of a Latin capital).
GRID_CHARACTERS: dict[str, str] = {
    "Latin": "ACEFHKLMRTUX",
    "digits": "0123456789",
    "Greek": "ΔΛΣΨΩ",
    "Cyrillic": "БЖИФЯ",
}
GRID_SCRIPT_WEIGHTS: dict[str, float] = {
    "Latin": 0.5,
    "digits": 0.3,
    "Greek": 0.1,
    "Cyrillic": 0.1,
}

# A number carries no language; it counts as English, as the answers do.
SCRIPT_LANGUAGES: dict[str, str] = {
    "Latin": "en",
    "digits": "en",
    "Greek": "el",
    "Cyrillic": "ru",
}

# Share of words that only the test split may print.
HELD_OUT_WORD_SHARE = 0.15


def choose_script(rng: random.Random) -> str:
    """Returns a script of `GRID_CHARACTERS`, by its weight."""
    scripts = list(GRID_SCRIPT_WEIGHTS)
    return rng.choices(scripts, list(GRID_SCRIPT_WEIGHTS.values()))[0]
