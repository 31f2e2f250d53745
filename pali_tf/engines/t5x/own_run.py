"""The border of a MODEL_DIR under T5X: whose it is, and what run it holds.

The checks of our own engine, before T5X reads an array. A checkpoint of T5X's
tells what its run is beside the position of its data, which we write.
"""

import atexit
import contextlib
import dataclasses
import types
from collections.abc import Callable
from typing import Any

from pali_tf import files
from pali_tf.checkpoints import folders, progress
from pali_tf.checkpoints.progress import Progress
from pali_tf.engines.t5x.model import T5XPaliModel
from pali_tf.errors import UserError
from pali_tf.run import identity, ownership, processes


@dataclasses.dataclass(frozen=True, kw_only=True)
class OwnRun:
    """What a run is, but for its data.

    Attributes:
        model: its model.
        learning_rate_fn: step to learning rate.
        random_seed: of initial values and dropout.
        restore: T5X's RestoreCheckpointConfig: how it goes on.
        model_dir: where it is.
    """

    model: T5XPaliModel
    learning_rate_fn: Any
    random_seed: int | None
    restore: Any
    model_dir: str

    def enter(self, data: Any) -> tuple[Progress, Callable[[], None]]:
        """Makes MODEL_DIR this run's until the process ends; all must call it.

        Gives where the run goes on, and what raises UserError once another run
        has taken the folder over.

        Raises:
            UserError: the folder is another run's, or holds another run, or
                the processes differ.
        """
        trainer: Any = types.SimpleNamespace(
            model=self.model.model,
            learning_rate_fn=self.learning_rate_fn,
            random_seed=self.random_seed,
            ema_decay=None,
        )
        own = identity.of_run(trainer, identity.of_data(data))
        identity.check_alike(processes.gather(own))
        with contextlib.ExitStack() as stack:
            check_owner = stack.enter_context(ownership.held(self.model_dir))
            standing = Progress(step=self._begin(own), identity=own)
            atexit.register(stack.pop_all().close)
        return standing, check_owner

    def _begin(self, own: identity.Identity) -> int:
        """Gives the step that the run goes on from."""
        folder = files.as_path(self.model_dir)
        natives = sorted(folder.glob(f"checkpoint_*/{progress.ITEM}"))
        if natives:
            raise UserError(
                f"{natives[0].parent} is the native engine's, which T5X cannot "
                "resume: name a new MODEL_DIR, and start from that checkpoint "
                "by INITIAL_CHECKPOINT_PATH."
            )
        if not folders.complete_steps(folder):
            return 0
        found = folders.find(folder)
        stored = progress.progress_of(progress.read(found), found)
        identity.check(
            stored.identity,
            own,
            folder,
            allow_other_data=self.restore.native.allow_other_data,
        )
        return stored.step
