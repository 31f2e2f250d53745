"""orbax in buckets: a class of its own for commits, and a patch for s3://.

On a disk a checkpoint is committed by a rename, which buckets do not have:
there `digests.json` is the commit, as the last of its files. What lacks it
orbax neither counts nor restores; it removes it when a run begins.

orbax 0.12 writes to gs:// and knows no s3://. Its arrays go through
tensorstore, which does; so the one function is replaced that tells tensorstore
where arrays are. It makes the specification of gs://, and we name the driver
and the endpoint, which tensorstore's S3 does not read from the environment.
"""

import asyncio
import os
from typing import Any

from etils.epath import Path
from orbax.checkpoint._src.serialization import tensorstore_utils
from orbax.checkpoint.path import atomicity

from pali_tf.checkpoints import digests
from pali_tf.checkpoints.folders import NAME

_S3 = "s3://"
_specification_of = tensorstore_utils.build_kvstore_tspec


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
        """Raises unless this is a checkpoint that was finished."""
        if NAME.fullmatch(final_path.name) and not digests.exist(final_path):
            raise atomicity.ValidationError(f"{final_path} has no digests.")
        await super().validate_final(final_path)

    async def finalize(self) -> None:
        """Commits an item by orbax's own file, the whole by its digests."""
        await super().finalize()
        if NAME.fullmatch(self.get().name):
            await asyncio.to_thread(digests.write, self.get())


def _specification(directory: str, *args: Any, **kwargs: Any) -> Any:
    directory = os.fspath(directory)
    if not directory.startswith(_S3):
        return _specification_of(directory, *args, **kwargs)
    as_gs = f"gs://{directory.removeprefix(_S3)}"
    return _on_s3(_specification_of(as_gs, *args, **kwargs))


def _on_s3(specification: Any) -> Any:
    if isinstance(specification, list):
        return [_on_s3(part) for part in specification]
    if not isinstance(specification, dict):
        return specification
    if specification.get("driver") != "gcs":
        return {name: _on_s3(part) for name, part in specification.items()}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get(
        "AWS_ENDPOINT_URL"
    )
    named = {"endpoint": endpoint} if endpoint else {}
    return {**specification, "driver": "s3", **named}


tensorstore_utils.build_kvstore_tspec = _specification
