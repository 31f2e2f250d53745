"""The cases in which our Adafactor is held against T5X's.

Read by the script that makes the goldens and by the test: no JAX here.
"""

from typing import Any

import numpy as np

SEED = 41
# Where they grow, updates are clipped.
GRADIENT_SIZES = (1.0, 0.1, 3.0, 0.01, 5.0)
LEARNING_RATES = (0.01, 0.02, 0.03, 0.02, 0.01)

# By path; a path with "layers/" is a scanned stack, its blocks first.
SHAPES: dict[str, tuple[int, ...]] = {
    "encoder/scale": (130,),
    "encoder/kernel": (128, 136),  # Large enough to be factored.
    "encoder/tall/kernel": (140, 128),
    "encoder/small/kernel": (6, 200),  # One side is too small.
    "temperature": (),
}
# Of T5X, only matrices that it factors may lie in a stack: it factors those
# of any size there.
STACKS: dict[str, tuple[int, ...]] = {
    "encoder/layers/kernel": (2, 129, 128),
    "encoder/layers/norm/scale": (2, 130),
}

# Fields of Adafactor, by case; T5X has the same names.
CASES: dict[str, dict[str, Any]] = {
    "paper": {},
    "momentum": {"beta1": 0.9},
    "unclipped": {"clipping_threshold": None},
    "tightly_clipped": {"clipping_threshold": 0.5},
    "decayed": {"weight_decay_rate": 0.001},
    "absolute": {"multiply_by_parameter_scale": False, "decay_rate": 0.9},
    "global_norm": {"global_norm_clip_threshold": 0.7},
    "offset": {"step_offset": -3},
    "unfactored": {"factored": False},
}


def shapes(case: str) -> dict[str, tuple[int, ...]]:
    """The parameters of a case, by path.

    T5X with factored=False knows no stacks: their blocks would be one array.
    """
    return SHAPES if case == "unfactored" else SHAPES | STACKS


def draw(
    case: str,
) -> tuple[dict[str, np.ndarray], list[dict[str, np.ndarray]]]:
    """Parameters and the gradients of each step, float32, by path."""
    rng = np.random.default_rng(SEED)

    def normal(shape: tuple[int, ...], scale: float) -> np.ndarray:
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    params = {path: normal(s, 0.3) for path, s in shapes(case).items()}
    gradients = [
        {path: normal(s, size) for path, s in shapes(case).items()}
        for size in GRADIENT_SIZES
    ]
    return params, gradients


def sample(value: np.ndarray) -> np.ndarray:
    """What of an array is kept: every 127th number, all of a small one."""
    flat = np.asarray(value).reshape(-1)
    return flat if flat.size <= 64 else flat[::127]
