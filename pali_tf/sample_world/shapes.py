"""Shapes as masks that fill their square box, and the textures on them."""

import functools
import math

from PIL import Image, ImageDraw

Points = list[tuple[float, float]]

# Drawn this many times larger, then averaged down: smooth edges.
_OVERSAMPLING = 8
_TEXTURE_OVERSAMPLING = 4
_PERIOD_PIXELS = 8

# How far the second tone is from the object's colour to white or black.
_SECOND_TONE = 0.55


def _star() -> Points:
    points = []
    for i in range(10):
        radius = 1.0 if i % 2 == 0 else 0.42
        angle = math.pi * i / 5
        points.append((radius * math.sin(angle), -radius * math.cos(angle)))
    xs, ys = zip(*points, strict=True)
    return [
        (
            (x - min(xs)) / (max(xs) - min(xs)),
            (y - min(ys)) / (max(ys) - min(ys)),
        )
        for x, y in points
    ]


_A, _B = 0.33, 0.67

# Corners (x, y) in the unit square; each touches all four of its sides.
_POLYGONS: dict[str, Points] = {
    "square": [(0, 0), (1, 0), (1, 1), (0, 1)],
    "triangle": [(0.5, 0), (1, 1), (0, 1)],
    "star": _star(),
    "cross": [
        (_A, 0), (_B, 0), (_B, _A), (1, _A), (1, _B), (_B, _B),
        (_B, 1), (_A, 1), (_A, _B), (0, _B), (0, _A), (_A, _A),
    ],
    "diamond": [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)],
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def shape_mask(shape: str, side_pixels: int) -> Image.Image:
    """Returns the shape's coverage as an "L" image, 255 inside."""
    large = side_pixels * _OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw = ImageDraw.Draw(mask)
    # Pixel coordinates are inclusive.
    last = large - 1
    if shape == "circle":
        draw.ellipse((0, 0, last, last), fill=255)
    else:
        corners = [(x * last, y * last) for x, y in _POLYGONS[shape]]
        draw.polygon(corners, fill=255)
    return mask.reduce(_OVERSAMPLING)


@functools.lru_cache(maxsize=256)
def texture_mask(texture: str, side_pixels: int) -> Image.Image:
    """Returns an "L" image, 255 where the second tone is."""
    large = side_pixels * _TEXTURE_OVERSAMPLING
    period = _PERIOD_PIXELS * _TEXTURE_OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw = ImageDraw.Draw(mask)
    if texture == "striped":
        for top in range(period // 2, large, period):
            draw.rectangle((0, top, large, top + period // 2 - 1), fill=255)
    elif texture == "dotted":
        radius = period // 4
        for y in range(period // 2, large, period):
            for x in range(period // 2, large, period):
                draw.ellipse(
                    (x - radius, y - radius, x + radius, y + radius), fill=255
                )
    return mask.reduce(_TEXTURE_OVERSAMPLING)


def second_tone(
    rgb: tuple[int, int, int], *, is_dark: bool
) -> tuple[int, int, int]:
    """Returns the tone of stripes and dots: pale on dark, deep on light.

    The other way round, they would be lost in the background and cut the
    object into pieces.
    """
    target = 255 if is_dark else 0
    red, green, blue = (
        round(channel + (target - channel) * _SECOND_TONE) for channel in rgb
    )
    return red, green, blue
