"""Bilinear resizing with antialiasing, bit for bit as training's.

`tf.image.resize` sums float32 weights in a certain order; a sum in another
order, such as that of keras.ops.image.resize on JAX, rounds some pixels to
their neighbour. NumPy does it here in TensorFlow's order, without compiling
a program for each size of photograph.

Source: tensorflow/tensorflow, core/kernels/image/scale_and_translate_op.cc,
ComputeSpansCore and GatherSpans, for a triangle kernel.
"""

import numpy as np

_F = np.float32


def resize(image: np.ndarray, side: int) -> np.ndarray:
    """Resizes uint8[H, W, 3] to uint8[side, side, 3]."""
    if image.shape[:2] == (side, side):
        return image
    # Columns first would sum in another order.
    rows = _resize_rows(image.astype(_F), side)
    resized = _resize_rows(rows.swapaxes(0, 1), side).swapaxes(0, 1)
    return np.clip(np.round(resized), 0, 255).astype(np.uint8)


def _resize_rows(x: np.ndarray, size: int) -> np.ndarray:
    """float32[M, ...] -> float32[size, ...]."""
    starts, weights = _spans(x.shape[0], size)
    total = np.zeros((size, *x.shape[1:]), _F)
    for i in range(weights.shape[1]):
        rows = x[np.minimum(starts + i, x.shape[0] - 1)]
        total += rows * weights[:, i].reshape(-1, *[1] * (x.ndim - 1))
    return total


def _spans(old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows make up each new row, and how much of each.

    Returns:
        starts int[new], the first of its rows; weights float32[new, most],
        0 where it has fewer.
    """
    inverse = _F(1) / (_F(new) / _F(old))
    # Where it shrinks, a new pixel takes in all that it covers.
    radius = max(inverse, _F(1))
    centres = (np.arange(new, dtype=_F) + _F(0.5)) * inverse
    starts = np.ceil(centres - radius - _F(0.5)).clip(0, old - 1).astype(int)
    ends = np.floor(centres + radius - _F(0.5)).clip(0, old - 1).astype(int) + 1
    most = int((ends - starts).max())
    places = starts[:, None] + np.arange(most)
    distances = np.abs(
        (places.astype(_F) + _F(0.5) - centres[:, None]) * (_F(1) / radius)
    )
    weights = np.maximum(_F(1) - distances, _F(0))
    weights = np.where(places < ends[:, None], weights, _F(0))
    totals = np.zeros(new, _F)
    for i in range(most):
        totals += weights[:, i]
    return starts, weights * (_F(1) / totals)[:, None]
