"""Visual tokens <-> the bytes that a record stores.

| dtype    | bytes a number | error of a number x of a token                 |
|----------|----------------|------------------------------------------------|
| bfloat16 | 2              | at most |x| / 256; none where the ViT computes |
|          |                | in bfloat16                                    |
| int8     | 1              | at most max |token| / 254, then as bfloat16    |
"""

import ml_dtypes
import numpy as np

from pali_tf.errors import UserError, nearest
from pali_tf.webli import records

DTYPES = ("bfloat16", "int8")
_MOST = 127  # int8 without -128, so that the sign changes nothing.


def pack(tokens: np.ndarray, dtype: str) -> records.VisualTokens:
    """Packs the tokens of an image, float[P, Dv]; int8 with a scale a token.

    Raises:
        UserError: an unknown dtype, or a token that is not finite.
    """
    _check_dtype(dtype)
    length, width = tokens.shape
    values = tokens.astype(np.float32)
    if not np.isfinite(values).all():
        raise UserError("The ViT gave visual tokens that are not finite.")
    scale: tuple[float, ...] = ()
    if dtype == "bfloat16":
        words = values.astype(ml_dtypes.bfloat16).view(np.uint16)
        data = words.astype("<u2").tobytes()
    else:
        scales = np.abs(values).max(axis=1) / np.float32(_MOST)
        # A token of zeros has the scale 0.
        divisors = np.where(scales == 0, np.float32(1), scales)
        data = np.rint(values / divisors[:, None]).astype(np.int8).tobytes()
        scale = tuple(scales.tolist())
    return records.VisualTokens(
        values=data, dtype=dtype, length=length, width=width, scale=scale
    )


def unpack(stored: records.VisualTokens) -> np.ndarray:
    """Gives the tokens of an image: bfloat16[P, Dv].

    Raises:
        UserError: the parts do not fit together.
    """
    _check_dtype(stored.dtype)
    shape = (stored.length, stored.width)
    num_bytes = (2 if stored.dtype == "bfloat16" else 1) * np.prod(shape)
    num_scales = stored.length if stored.dtype == "int8" else 0
    if len(stored.values) != num_bytes or len(stored.scale) != num_scales:
        raise UserError(
            f"Visual tokens of shape {shape} and dtype {stored.dtype} have "
            f"{num_bytes} bytes and {num_scales} scales, not "
            f"{len(stored.values)} and {len(stored.scale)}."
        )
    if stored.dtype == "bfloat16":
        words = np.frombuffer(stored.values, "<u2").astype(np.uint16)
        return words.view(ml_dtypes.bfloat16).reshape(shape)
    values = np.frombuffer(stored.values, np.int8).reshape(shape)
    scales = np.asarray(stored.scale, np.float32)
    return (values * scales[:, None]).astype(ml_dtypes.bfloat16)


def _check_dtype(dtype: str) -> None:
    if dtype not in DTYPES:
        raise UserError(
            f"Visual tokens have no dtype {dtype!r}{nearest(dtype, DTYPES)}"
        )
