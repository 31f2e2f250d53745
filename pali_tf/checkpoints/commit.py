"""How a checkpoint is committed: digests first, then its name by one rename."""

import asyncio
import os
from typing import Any

import orbax.checkpoint as ocp
from absl import logging
from orbax.checkpoint.path import atomicity

from pali_tf import files
from pali_tf.checkpoints import digests
from pali_tf.checkpoints.buckets import DigestedBucketPath
from pali_tf.checkpoints.folders import NAME, PREFIX


class DigestedPath(atomicity.AtomicRenameTemporaryPath):
    """orbax's temporary folder, with digests before it is renamed.

    orbax asks it once for each item and once for the checkpoint around them.
    Its own files are of the checkpoint too, so it ends under a name that is
    still temporary; digests are written there, and the name follows.
    """

    async def finalize(self) -> None:
        """Notes the commit and the digests, and renames."""
        if not NAME.fullmatch(self.get_final().name):
            await super().finalize()
            return
        hashed = self.get().with_name(f"{self.get().name}-hashed")
        committed = atomicity.AtomicRenameTemporaryPath(
            self.get(),
            hashed,
            checkpoint_metadata_store=self._checkpoint_metadata_store,
        )
        await committed.finalize()
        size = await asyncio.to_thread(digests.write, hashed)
        os.replace(hashed, self.get_final())
        logging.info("Saved %s, %.3f GB.", self.get_final().name, size / 1e9)


def make_manager(
    directory: str | os.PathLike[str], **options: Any
) -> ocp.CheckpointManager:
    """Makes orbax's manager of the checkpoints of a directory.

    Args:
        directory: made if need be.
        **options: of ocp.CheckpointManagerOptions.
    """
    kind = DigestedBucketPath if files.is_bucket(directory) else DigestedPath
    return ocp.CheckpointManager(
        files.absolute(files.as_path(directory)),
        options=ocp.CheckpointManagerOptions(
            step_prefix=PREFIX, temporary_path_class=kind, **options
        ),
    )
