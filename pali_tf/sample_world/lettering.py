"""Printed characters and words as masks."""

import functools

from PIL import Image, ImageDraw, ImageFont

from pali_tf.errors import UserError
from pali_tf.sample_world import fonts

# Drawn this many times larger, then averaged down: smooth edges.
_OVERSAMPLING = 4


@functools.lru_cache(maxsize=1024)
def character_mask(character: str, cell: int, font_pixels: int) -> Image.Image:
    """Returns an "L" image of `cell` squared, the character in its middle."""
    large = cell * _OVERSAMPLING
    # The wheel's font, so that the grid level is alike on every machine.
    font = _font(str(fonts.wheel_font()), font_pixels * _OVERSAMPLING, False)
    left, top, right, bottom = font.getbbox(character)
    mask = Image.new("L", (large, large), 0)
    ImageDraw.Draw(mask).text(
        ((large - left - right) / 2, (large - top - bottom) / 2),
        character,
        fill=255,
        font=font,
    )
    return mask.reduce(_OVERSAMPLING)


@functools.lru_cache(maxsize=1024)
def word_mask(text: str, script: str, font_pixels: int) -> Image.Image:
    """Returns an "L" image of the word, cut to its ink.

    Raises:
        UserError: no font draws `script` here; the message says what to do.
    """
    path = fonts.find_font(script)
    if path is None:
        raise UserError(
            f"No font draws {script} here. To have one: "
            f"{fonts.missing_scripts()[script]}."
        )
    shaped = fonts.SCRIPTS[script].needs_shaping
    font = _font(str(path), font_pixels * _OVERSAMPLING, shaped)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    canvas = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=font)
    # Pillow's box counts the bearings, which hold no ink.
    ink = canvas.crop(canvas.getbbox())
    width, height = (
        -(-extent // _OVERSAMPLING) * _OVERSAMPLING for extent in ink.size
    )
    mask = Image.new("L", (width, height), 0)
    mask.paste(ink, (0, 0))
    return mask.reduce(_OVERSAMPLING)


@functools.lru_cache(maxsize=128)
def _font(path: str, size: int, shaped: bool) -> ImageFont.FreeTypeFont:
    # Where letters do not change form, the basic layout draws them alike with
    # and without raqm.
    layout = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=layout)
