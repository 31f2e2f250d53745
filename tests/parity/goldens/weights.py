"""Random weights under which every parameter shows in the outputs.

A library's own initial values hide mistakes: norms of one, biases of zero and
attention so flat that a wrong mask is below the tolerance.
"""

import numpy as np


def draw(
    rng: np.random.Generator, shape: tuple[int, ...], fan_in: int | None
) -> np.ndarray:
    """Draws float32 values.

    Args:
        rng: where they come from.
        shape: of the array.
        fan_in: of a matrix: values of variance 1/fan_in; None: a norm's
            scale, around one.
    """
    values = rng.standard_normal(shape)
    if fan_in is None:
        return (1.0 + 0.3 * values).astype(np.float32)
    return (values * fan_in**-0.5).astype(np.float32)
