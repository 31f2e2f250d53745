"""Images of any origin as the pixels that the model takes."""

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError
from pali_tf.presets.resize import resize

# A file, a picture, or pixels uint8[H, W, 3]; None: there is no image.
ImageLike: TypeAlias = str | os.PathLike[str] | Image.Image | np.ndarray | None

# Modes with more than 8 bits a channel, which Pillow would clip to 8.
_DEEP_MODES = ("I", "F")
_RGB_RANK = 3


def check_images(images: Sequence[ImageLike]) -> None:
    """Checks a list of images, without reading their pixels.

    Raises:
        TypeError: an element that is no image.
        MissingFileError: a file that is not there.
    """
    for number, image in enumerate(images):
        if isinstance(image, str | os.PathLike):
            if not files.as_path(image).is_file():
                raise MissingFileError(f"images[{number}]: no file {image}.")
        elif not isinstance(image, Image.Image | np.ndarray | None):
            raise TypeError(
                f"images[{number}] is a {type(image).__name__}, not a path, a "
                "PIL image, an array uint8[H, W, 3] or None."
            )


def load_images(
    images: Sequence[ImageLike], side: int, *, first: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Decodes and resizes a batch to squares, as training and serving do.

    `first` is the number of the first of them, for messages.

    Returns:
        uint8[B, side, side, 3], zeros where there is none, and bool[B],
        where there is one.

    Raises:
        UserError: a file that is no image, or an array of another form.
    """
    pixels = np.zeros((len(images), side, side, 3), np.uint8)
    for i, image in enumerate(images):
        if image is not None:
            pixels[i] = resize(_to_rgb(image, f"images[{first + i}]"), side)
    return pixels, np.array([image is not None for image in images], bool)


def _to_rgb(image: Any, name: str) -> np.ndarray:
    if isinstance(image, np.ndarray):
        shape = image.shape
        is_rgb = len(shape) == _RGB_RANK and shape[-1] == 3 and image.size
        if image.dtype != np.uint8 or not is_rgb:
            raise UserError(
                f"{name} is {image.dtype}{list(shape)}, not uint8[H, W, 3]."
            )
        return image
    if isinstance(image, Image.Image):
        return _convert(image, name)
    try:
        with (
            files.local_copy(files.as_path(image)) as file,
            Image.open(file) as opened,
        ):
            return _convert(opened, f"{name} ({image})")
    except OSError as error:
        raise UserError(
            f"{name}: {image} cannot be read as an image: {error}."
        ) from error


def _convert(image: Image.Image, name: str) -> np.ndarray:
    if image.mode.startswith(_DEEP_MODES):
        raise UserError(
            f"{name} has Pillow's mode {image.mode!r}, more than 8 bits a "
            "channel: scale it to 8 bits first."
        )
    return np.asarray(image.convert("RGB"))
