"""What is left of a run whose loss is no longer a number."""

import os
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from etils.epath import Path

from pali_tf import files
from pali_tf.errors import UserError


class DivergedError(UserError):
    """The loss or the gradient is no longer a number."""


def write_batch(
    model_dir: str | os.PathLike[str], step: int, batch: Mapping[str, Any]
) -> Path:
    """Writes a batch to `<model_dir>/diverged/step_<step>.npz`.

    Of several processes, each writes its rows to a file of its own.
    """
    process = f"-process_{jax.process_index()}"
    suffix = process if jax.process_count() > 1 else ""
    path = files.as_path(model_dir) / "diverged" / f"step_{step}{suffix}.npz"
    with files.open_whole(path) as file:
        arrays: Any = {name: _storable(value) for name, value in batch.items()}
        np.savez(file, **arrays)
    return path


def describe(
    step: int, batch: Mapping[str, Any], batch_file: Path, kept: str
) -> str:
    """Tells what happened, what is kept and what to do.

    `kept` tells what is left of the steps before.
    """
    bad = sorted(name for name, value in batch.items() if not _is_finite(value))
    cause = (
        f"Its batch is the cause: {', '.join(bad)} holds values that are not "
        "finite. Mend the data and start again"
        if bad
        else "The batch itself is finite. Lower the peak learning rate "
        "(create_learning_rate_scheduler.base_learning_rate), lengthen the "
        "warm-up or clip the gradient (global_norm_clip_threshold of the "
        "optimizer), and start again"
    )
    return (
        f"The loss or gradient of step {step} is not finite; {kept}. The "
        f"batch of that step is in {batch_file}. {cause}: unchanged, the same "
        "command comes to the same step."
    )


def _storable(value: Any) -> np.ndarray:
    array = np.asarray(value)
    # numpy stores bfloat16 as bytes without a type.
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _is_finite(value: Any) -> bool:
    array = _storable(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
