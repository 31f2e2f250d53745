"""The checkpoints that a run's folder holds, whole or not."""

import dataclasses
import pathlib
import re

from pali_tf.checkpoints import folders
from pali_tf.errors import told

# checkpoint_20, checkpoint_20.orbax-checkpoint-tmp-1, checkpoint_20.damaged-77.
_NAME = re.compile(r"checkpoint_(?P<step>\d+)(\.(?P<why>[a-z]+).*)?")
_STATES = {"orbax": "being written, or left by a kill while it was"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A folder `checkpoint_<step>`.

    Attributes:
        name: Of the folder.
        step: Steps done.
        state: "whole", or what is wrong with it.
        num_bytes: Of all its files.
        written: Seconds since 1970.
    """

    name: str
    step: int
    state: str
    num_bytes: int
    written: float


@told()
def list_checkpoints(model_dir: pathlib.Path) -> list[Checkpoint]:
    """Gives the checkpoints in order of their steps."""
    found = []
    for path in model_dir.iterdir():
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_dir():
            continue
        why = match["why"]
        if why is not None:
            state = _STATES.get(why, f"{why}, and set aside")
        elif folders.is_complete(path):
            state = "whole"
        else:
            state = "half written"
        found.append(
            Checkpoint(
                name=path.name,
                step=int(match["step"]),
                state=state,
                num_bytes=_size(path),
                written=path.stat().st_mtime,
            )
        )
    return sorted(found, key=lambda c: (c.step, c.name))


def _size(folder: pathlib.Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            # A run that is going on moves and removes its checkpoints.
            continue
    return total
