"""Scene -> pixels -> JPEG."""

import functools
import io

import numpy as np
from PIL import Image, ImageChops

from pali_tf.sample_world import lettering, scene, shapes

# High, and without chroma subsampling, so that colours stay clean at 16
# pixels an object.
_JPEG_QUALITY = 92


def render(picture: scene.Scene) -> Image.Image:
    """Returns the scene as an RGB image."""
    image = _background(picture)
    for thing in picture.things:
        _draw_thing(image, thing, is_dark=picture.background.is_dark)
    for word in picture.words:
        _print_word(image, word)
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


def _draw_thing(
    image: Image.Image, thing: scene.Thing, *, is_dark: bool
) -> None:
    mask = shapes.shape_mask(thing.shape, thing.side_pixels)
    _paste(image, thing.rgb, mask, thing.left, thing.top)
    if thing.texture != "plain":
        pattern = shapes.texture_mask(thing.texture, thing.side_pixels)
        mask = ImageChops.multiply(mask, pattern)
        tone = shapes.second_tone(thing.rgb, is_dark=is_dark)
        _paste(image, tone, mask, thing.left, thing.top)


def _print_word(image: Image.Image, word: scene.Word) -> None:
    if not word.character_offsets:
        mask = lettering.word_mask(word.text, word.script, word.font_pixels)
        _paste(image, word.rgb, mask, word.left, word.top)
        return
    cell = word.height_pixels
    for i, (down, right) in enumerate(word.character_offsets):
        mask = lettering.character_mask(word.text[i], cell, word.font_pixels)
        _paste(
            image, word.rgb, mask, word.left + i * cell + right, word.top + down
        )
