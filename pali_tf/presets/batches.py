"""What the user passes, paired and cut into batches of one shape."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pali_tf.errors import UserError
from pali_tf.presets.images import ImageLike, check_images


def pair(
    images: Sequence[ImageLike] | None, prompts: str | Sequence[str]
) -> tuple[list[ImageLike], list[str]]:
    """Gives each image its prompt: one for all, or one an image.

    Raises:
        TypeError: one image where a list of them is asked for.
        UserError: their numbers differ.
    """
    if images is None:
        texts = [prompts] if isinstance(prompts, str) else list(prompts)
        return [None] * len(texts), texts
    if isinstance(images, str | bytes) or not isinstance(
        images, Sequence | np.ndarray
    ):
        raise TypeError(
            f"images is a {type(images).__name__}, not a list; for one image, "
            "images=[image]."
        )
    if isinstance(images, np.ndarray) and images.ndim == 3:
        raise TypeError(
            f"images is one array {list(images.shape)}; for one image, "
            "images=[image]."
        )
    pictures = list(images)
    check_images(pictures)
    return pictures, for_each(prompts, len(pictures), "prompts")


def for_each(texts: str | Sequence[str], number: int, name: str) -> list[str]:
    """Gives N texts: one for all, or one each; UserError for another number."""
    if isinstance(texts, str):
        return [texts] * number
    if len(texts) != number:
        raise UserError(
            f"{name} has {len(texts)} texts for {number} images: pass one for "
            "all, or one each."
        )
    return list(texts)


def cut(
    columns: Sequence[Any], batch_size: int
) -> Iterator[tuple[int, int, list[Any]]]:
    """Cuts rows into batches; the last is filled with its last row.

    Fewer rows than a batch make a smaller one: a single question does not pay
    for a full one.

    Yields:
        (number of the first row, how many rows are real, the batch's part of
        each column).

    Example: 5 rows in batches of 2 give the real rows 0-1, 2-3 and 4.
    """
    if batch_size < 1:
        raise UserError(f"batch_size is {batch_size}, below 1.")
    number = len(columns[0])
    size = min(batch_size, number)
    for first in range(0, number, max(size, 1)):
        rows = [min(first + i, number - 1) for i in range(size)]
        num_real = min(size, number - first)
        chosen = [
            column[rows]
            if isinstance(column, np.ndarray)
            else [column[row] for row in rows]
            for column in columns
        ]
        yield first, num_real, chosen
