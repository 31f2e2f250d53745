"""A learned position table for another number of patches."""

import math

import numpy as np
import scipy.ndimage
from jaxtyping import Float

from pali_tf.errors import UserError
from pali_tf.types import Array

_RANK = 2


def resize_position_table(
    table: Float[Array, "..."], num_patches: int
) -> Float[Array, "{num_patches} D"]:
    """Resizes the square grid of positions, bilinearly, corner to corner.

    Raises:
        UserError: either number is not a square.

    Source: PaLI appendix ("2D bilinear upsampling of the positional
    embedding"); google-research/big_vision models/vit.py, resample_posemb
    (scipy.ndimage.zoom of order 1).
    """
    if len(table.shape) != _RANK:
        raise ValueError(f"A position table has 2 dimensions: {table.shape}.")
    old, new = _side(table.shape[0]), _side(num_patches)
    if old == new:
        return table
    # The zoom is linear: applied to the identity it gives its own matrix.
    weights = scipy.ndimage.zoom(
        np.eye(old, dtype=np.float32), (new / old, 1), order=1
    )
    grid = table.reshape(old, old, -1)
    # Rows, then columns. "@" serves NumPy and JAX arrays alike.
    grid = (weights @ grid.reshape(old, -1)).reshape(new, old, -1)
    grid = weights @ grid
    return grid.reshape(num_patches, -1).astype(table.dtype)


def _side(num_patches: int) -> int:
    side = math.isqrt(num_patches)
    if side * side != num_patches:
        raise UserError(
            f"{num_patches} patches are not a square; the nearest squares are "
            f"{side**2} and {(side + 1) ** 2}."
        )
    return side
