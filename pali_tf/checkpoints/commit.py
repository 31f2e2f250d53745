"""How a checkpoint is committed: by its digests.

On a disk they are written before it gets its name, by one rename. In a bucket,
where nothing is renamed, they are the last file: what lacks them orbax neither
counts nor restores, and removes when a run begins.
"""

import asyncio
import os
from typing import Any

import orbax.checkpoint as ocp
from absl import logging
from etils.epath import Path
from orbax.checkpoint.path import atomicity

from pali_tf import files
from pali_tf.checkpoints import digests, orbax_on_s3
from pali_tf.checkpoints.folders import NAME, PREFIX

orbax_on_s3.set_up()


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


class DigestedBucketPath(atomicity.CommitFileTemporaryPath):
    """orbax's folder in a bucket, which is temporary until it has digests."""

    @classmethod
    async def validate(cls, temporary_path: Path) -> None:
        """Raises unless this is a checkpoint that was not finished."""
        if not NAME.fullmatch(temporary_path.name) or digests.exist(
            temporary_path
        ):
            raise atomicity.ValidationError(f"{temporary_path} is to stay.")

    @classmethod
    async def validate_final(cls, final_path: Path) -> None:
        """Raises unless this was finished, here or on a disk and copied."""
        if not NAME.fullmatch(final_path.name):
            await super().validate_final(final_path)
        elif not digests.exist(final_path):
            raise atomicity.ValidationError(f"{final_path} has no digests.")

    async def finalize(self) -> None:
        """Commits an item by orbax's own file, the whole by its digests."""
        await super().finalize()
        if NAME.fullmatch(self.get().name):
            size = await asyncio.to_thread(digests.write, self.get())
            logging.info("Saved %s, %.3f GB.", self.get().name, size / 1e9)


def make_manager(
    directory: str | os.PathLike[str], **options: Any
) -> ocp.CheckpointManager:
    """Makes orbax's manager of the checkpoints of a directory."""
    kind = DigestedBucketPath if files.is_bucket(directory) else DigestedPath
    return ocp.CheckpointManager(
        files.absolute(files.as_path(directory)),
        options=ocp.CheckpointManagerOptions(
            step_prefix=PREFIX, temporary_path_class=kind, **options
        ),
    )
