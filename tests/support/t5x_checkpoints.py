"""The checkpoints that T5X saved, unpacked, and what they hold."""

import pathlib
import tarfile

import numpy as np

_FOLDER = pathlib.Path(__file__).parents[1] / "testdata" / "mt5_t5x"


def unpack(folder: pathlib.Path, layout: str, saved_as: str) -> pathlib.Path:
    """Gives a `checkpoint_7` directory.

    Args:
        folder: where to.
        layout: "unscanned" or "scanned".
        saved_as: "legacy" or "orbax".
    """
    name = f"{layout}_{saved_as}"
    with tarfile.open(_FOLDER / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / name / "checkpoint_7"


def parameters(layout: str) -> dict[str, np.ndarray]:
    """The parameters by the names that T5X's model gives them."""
    prefix = f"{layout}/"
    with np.load(_FOLDER / "outputs.npz") as outputs:
        return {
            name.removeprefix(prefix): outputs[name]
            for name in outputs
            if name.startswith(prefix)
        }
