"""Where a run stands and what it is, as JSON beside a checkpoint's arrays."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from etils.epath import Path

from pali_tf.errors import UserError

ITEM = "progress"
_FILE = "metadata"  # orbax's name.
# Under T5X: beside the position of each host's data; any host's tells it.
_OF_T5X = "dataset/train_ds-[0-9][0-9][0-9]-of-[0-9][0-9][0-9]"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress:
    """What a checkpoint tells without its arrays.

    Attributes:
        step: steps done; the next batch has this index.
        identity: what the run is (run/identity.py), by readable keys.
        target_step: the step that relative steps lead to; None: the run's
            length is not relative.
    """

    step: int
    identity: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    target_step: int | None = None


def read(path: Path) -> dict[str, Any]:
    """Gives the object of a checkpoint of either engine; {}: it has none.

    Args:
        path: a complete checkpoint.
    """
    for file in (path / ITEM / _FILE, *sorted(path.glob(_OF_T5X))):
        if file.is_file():
            return json.loads(file.read_text())
    return {}


def progress_of(stored: Mapping[str, Any], path: Path) -> Progress:
    """Gives the progress that an object of a run's checkpoint tells.

    Raises:
        UserError: it is of an earlier form, or of parameters alone.
    """
    if "identity" not in stored:
        raise UserError(
            f"{path} does not tell of which run it is, as it was written by an "
            "earlier pali_tf or holds parameters alone: it cannot be "
            f"continued. {as_initial(path)}"
        )
    names = [field.name for field in dataclasses.fields(Progress)]
    return Progress(**{name: stored[name] for name in names})


def as_initial(path: Path) -> str:
    """Tells how what cannot be continued is started from."""
    return (
        "Its parameters can still be read: start a new MODEL_DIR from it by "
        f"--gin.INITIAL_CHECKPOINT_PATH=\"'{path}'\"."
    )
