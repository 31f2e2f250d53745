"""Textures: which pixels of an object take its second tone."""

import functools

from PIL import Image, ImageDraw

_OVERSAMPLING = 4
_PERIOD_PIXELS = 8

# How far the second tone is from the object's colour to white or black.
_SECOND_TONE = 0.55


@functools.lru_cache(maxsize=256)
def texture_mask(texture: str, side_pixels: int) -> Image.Image:
    """Returns an "L" image, 255 where the second tone is."""
    large = side_pixels * _OVERSAMPLING
    period = _PERIOD_PIXELS * _OVERSAMPLING
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
    return mask.reduce(_OVERSAMPLING)


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
