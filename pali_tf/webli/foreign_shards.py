"""Shards that another program wrote, without an info file."""

import re

from pali_tf import files
from pali_tf.errors import UserError
from pali_tf.webli import read, write

_SHARD = re.compile(r"(.+)\.tfrecord-(\d{5,})-of-(\d{5,})")


def describe_all(root: files.Path) -> list[tuple[str, str]]:
    """Writes the info file of each split that has shards and none.

    Returns:
        The (source, split)s of those written.

    Raises:
        UserError: a shard of a split is missing or damaged; the message names
            it.
    """
    described = []
    for folder in sorted(
        path for path in files.children(root) if path.is_dir()
    ):
        names = sorted(path.name for path in files.children(folder))
        found = [match for name in names if (match := _SHARD.fullmatch(name))]
        for split in dict.fromkeys(match[1] for match in found):
            if f"{split}.info.json" not in names:
                own = [match for match in found if match[1] == split]
                _describe(folder, split, own)
                described.append((folder.name, split))
    return described


def _describe(
    folder: files.Path, split: str, found: list[re.Match[str]]
) -> None:
    num_shards = int(found[0][3])
    present = {int(match[2]) for match in found}
    missing = [n for n in range(num_shards) if n not in present]
    if missing or len(found) != num_shards:
        raise UserError(
            f"{folder}: {split} has {len(found)} shards of {num_shards}"
            + (
                f"; {write.shard_name(split, missing[0], num_shards)} is the "
                "first that is missing."
                if missing
                else ": remove those of another version."
            )
        )
    shards = []
    for match in found:
        path = folder / match[0]
        count = sum(1 for _ in read.stored_records(path))
        shards.append(write.ShardInfo(path.name, count, files.digest(path)))
    write.write_split_info(folder, split, shards)
