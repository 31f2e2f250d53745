"""Scene -> pixels -> JPEG."""

import functools
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pali_tf.webli.sample import fonts, scene, shapes

# High, and without chroma subsampling, so that colours stay clean at 16
# pixels an object.
_JPEG_QUALITY = 92

_OVERSAMPLING = 4
# Height of a capital, as a share of its cell.
_CHARACTER_HEIGHT = 0.75


def render(picture: scene.Scene) -> Image.Image:
    """Returns the scene as an RGB image."""
    image = _background(picture)
    for thing in picture.things:
        _paste(
            image,
            thing.rgb,
            shapes.shape_mask(thing.shape, thing.side_pixels),
            thing.left,
            thing.top,
        )
    for word in picture.words:
        _print_characters(image, word)
    return _add_noise(image, picture.background)


def encode_jpeg(image: Image.Image) -> bytes:
    """Returns the image as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


@functools.lru_cache(maxsize=16)
def _ramp(side: int, direction: str) -> np.ndarray:
    """Returns float32[side, side, 1], from 0 to 1 along `direction`."""
    line = np.linspace(0, 1, side, dtype=np.float32)
    down = np.broadcast_to(line[:, None], (side, side))
    ramps = {
        "none": np.zeros((side, side), np.float32),
        "down": down,
        "right": down.T,
        "diagonal": (down + down.T) / 2,
    }
    return ramps[direction][:, :, None]


def _background(picture: scene.Scene) -> Image.Image:
    background = picture.background
    first = np.asarray(background.first_rgb, np.float32)
    last = np.asarray(background.last_rgb, np.float32)
    ramp = _ramp(picture.side_pixels, background.direction)
    pixels = first + (last - first) * ramp
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def _add_noise(image: Image.Image, background: scene.Background) -> Image.Image:
    if not background.noise:
        return image
    pixels = np.asarray(image).astype(np.int16)
    # Integers, since their stream is the same on every platform.
    rng = np.random.Generator(np.random.PCG64(background.noise_seed))
    amount = background.noise
    pixels += rng.integers(
        -amount, amount, pixels.shape, np.int16, endpoint=True
    )
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")


def _paste(
    image: Image.Image,
    rgb: tuple[int, int, int],
    mask: Image.Image,
    left: int,
    top: int,
) -> None:
    image.paste(rgb, (left, top, left + mask.width, top + mask.height), mask)


def _print_characters(image: Image.Image, word: scene.Word) -> None:
    """Prints one character in the middle of each square of the word's box."""
    cell = word.height_pixels
    for i, character in enumerate(word.text):
        down, right = word.character_offsets[i]
        mask = _character_mask(character, cell)
        _paste(
            image, word.rgb, mask, word.left + i * cell + right, word.top + down
        )


@functools.lru_cache(maxsize=1024)
def _character_mask(character: str, cell: int) -> Image.Image:
    """Returns an "L" image of `cell` squared, the character in its middle."""
    large = cell * _OVERSAMPLING
    font = _font_of_capital_height(round(large * _CHARACTER_HEIGHT))
    mask = Image.new("L", (large, large), 0)
    left, top, right, bottom = font.getbbox(character)
    ImageDraw.Draw(mask).text(
        ((large - left - right) / 2, (large - top - bottom) / 2),
        character,
        fill=255,
        font=font,
    )
    return mask.reduce(_OVERSAMPLING)


@functools.lru_cache(maxsize=16)
def _font_of_capital_height(height: int) -> ImageFont.FreeTypeFont:
    # The basic layout draws single characters alike with and without raqm.
    # A capital of DejaVu Sans is 0.729 of the font's size.
    return ImageFont.truetype(
        str(fonts.wheel_font()),
        round(height / 0.729),
        layout_engine=ImageFont.Layout.BASIC,
    )
