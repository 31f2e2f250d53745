"""A scene as pure data: what is in the picture, before any pixel."""

import dataclasses

from pali_tf.webli import records

# Places are told on a 4 x 4 grid at every level.
GRID = 4
# Within this of the middle, as a share of the side, is the centre: the four
# inner cells of the grid (whose centres lie at 0.125), not the outer ones.
_CENTER_DISTANCE = 0.19
# Nearer than this to the border between two places, either name would do.
_DOUBT = 0.04


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An object: its kind and the box of pixels that its shape fills."""

    color: str
    shape: str
    texture: str
    size: str
    rgb: tuple[int, int, int]
    top: int
    left: int
    side_pixels: int

    @property
    def center(self) -> tuple[float, float]:
        """Row and column of the centre, in pixels."""
        half = self.side_pixels / 2
        return self.top + half, self.left + half

    @property
    def label(self) -> str:
        """The class label that detection and object tasks use."""
        return f"{self.color} {self.shape}"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A printed word or number, and the box that it fills.

    At the grid level each character stands in its own square of the box, moved
    (down, right) by its entry of `character_offsets`; else there are none, and
    the word is drawn whole, so that connected scripts keep their shapes.
    """

    text: str
    language: str
    script: str
    rgb: tuple[int, int, int]
    top: int
    left: int
    height_pixels: int
    width_pixels: int
    font_pixels: int
    character_offsets: tuple[tuple[int, int], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Background:
    """A gradient from one tint to another, and noise over the whole image."""

    is_dark: bool
    first_rgb: tuple[int, int, int]
    last_rgb: tuple[int, int, int]
    direction: str
    noise: int
    noise_seed: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A whole picture; `things` lie one upon another in their order."""

    level: str
    split: str
    index: int
    side_pixels: int
    things: tuple[Thing, ...]
    words: tuple[Word, ...]
    background: Background

    @property
    def source_id(self) -> str:
        """The image's unique id."""
        return f"scene-{self.split}-{self.index}"

    @property
    def things_as_read(self) -> list[Thing]:
        """The objects in reading order: by row of places, then by column."""
        return sorted(
            self.things,
            key=lambda thing: (self.thing_cell(thing), thing.top, thing.left),
        )

    def thing_box(self, thing: Thing) -> records.Box:
        """Returns the box of `thing` in fractions of the image."""
        return self._box(
            thing.top, thing.left, thing.side_pixels, thing.side_pixels
        )

    def word_box(self, word: Word) -> records.Box:
        """Returns the box of `word` in fractions of the image."""
        return self._box(
            word.top, word.left, word.height_pixels, word.width_pixels
        )

    def thing_cell(self, thing: Thing) -> tuple[int, int]:
        """Returns the row and column of the centre on the 4 x 4 grid."""
        return cell_of(*thing.center, self.side_pixels)

    def place_name(self, thing: Thing) -> str | None:
        """Returns "center" or the nearest corner; None where two names fit."""
        row, column = (
            center / self.side_pixels - 0.5 for center in thing.center
        )
        distance = max(abs(row), abs(column))
        if abs(distance - _CENTER_DISTANCE) < _DOUBT:
            return None
        if distance < _CENTER_DISTANCE:
            return "center"
        if min(abs(row), abs(column)) < _DOUBT:
            return None
        vertical = "top" if row < 0 else "bottom"
        horizontal = "left" if column < 0 else "right"
        return f"{vertical} {horizontal}"

    def _box(self, top: int, left: int, height: int, width: int) -> records.Box:
        side = self.side_pixels
        return records.Box(
            ymin=top / side,
            xmin=left / side,
            ymax=(top + height) / side,
            xmax=(left + width) / side,
        )


def cell_of(row: float, column: float, side_pixels: int) -> tuple[int, int]:
    """Returns the row and column, on the grid of places, of a pixel."""
    return int(row * GRID // side_pixels), int(column * GRID // side_pixels)
