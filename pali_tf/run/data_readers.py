"""How many readers fill a run's batches; once begun, a run keeps the number."""

from pathlib import Path

from absl import logging
from jax.sharding import Mesh

from pali_tf import json_files
from pali_tf.checkpoints import folders
from pali_tf.partitioning import process_rows


def settle_number(model_dir: str, asked: int | None, mesh: Mesh) -> int:
    """Gives the number of readers of a run.

    Batches depend on it, and not on how many processes there are: a run goes
    on with other processes as it began. It costs least where each process has
    readers of its own, that is where the number is a multiple of theirs.

    Args:
        model_dir: of the run.
        asked: what the run file says; None: what the run began with, or one
            for each process that holds rows of its own.
        mesh: the device mesh.
    """
    num_groups = process_rows.num_row_groups(mesh)
    number = asked or _stored_number(Path(model_dir)) or num_groups
    if number % num_groups:
        logging.warning(
            "The run's %d readers do not divide over the %d processes that "
            "hold rows of their own: some examples are read more than once. "
            "The batches are the same.",
            number,
            num_groups,
        )
    return number


def _stored_number(model_dir: Path) -> int | None:
    folders.check_is_ours(model_dir)
    steps = folders.complete_steps(model_dir)
    if not steps:
        return None
    path = folders.path_of(model_dir, steps[-1])
    progress = json_files.read(path / "progress" / "metadata")
    return progress.get("num_readers", 1)
