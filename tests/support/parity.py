"""How far our arrays are from a reference's."""

from collections.abc import Callable, Mapping

import numpy as np

# Of one block after any number before it, and of a whole model.
LAYER_TOLERANCE = 1e-5
MODEL_TOLERANCE = 1e-4


def check_close(
    ours: Mapping[str, np.ndarray],
    reference: Mapping[str, np.ndarray],
    names: list[str],
    tolerance: float,
    record_property: Callable[[str, object], None],
) -> None:
    """Holds the largest absolute error of some arrays to a tolerance.

    Args:
        ours: arrays by name.
        reference: arrays by name.
        names: which to compare; none may be missing.
        tolerance: of the error.
        record_property: pytest's; `--junitxml` then has the errors.
    """
    errors = {}
    for name in names:
        assert ours[name].shape == reference[name].shape, name
        # In float64: the difference itself is not rounded.
        difference = ours[name].astype(np.float64) - reference[name]
        errors[name] = float(np.abs(difference).max())
        record_property(name, f"{errors[name]:.1e}")
    assert errors
    assert all(error <= tolerance for error in errors.values()), errors
