"""Writing a split whose number of records is not known beforehand."""

import contextlib
import filecmp
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from pali_tf import files
from pali_tf.data import data_root
from pali_tf.errors import UserError, told
from pali_tf.webli import records, split_index, write


@told()
def write_split(
    rows: Iterable[records.Record],
    directory: Path,
    split: str,
    *,
    num_shards: int,
    check: Callable[[], None],
) -> write.SplitInfo:
    """Writes records, dealt out in turn, and `<split>.info.json` last.

    No shard is empty: fewer records than `num_shards` make as many shards.

    Args:
        rows: the records; never more than one is held.
        directory: `<data root>/<source>`.
        split: "train", "validation" or "test".
        num_shards: at most so many files.
        check: called once all is read; what it raises leaves nothing behind.

    Raises:
        UserError: there are no records.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        writers: list[write.ShardWriter] = []
        paths: list[Path] = []
        for number, record in enumerate(rows):
            if number < num_shards:
                name = write.shard_name(split, number, num_shards)
                path = files.temporary_path(directory / name)
                stack.callback(path.unlink, missing_ok=True)
                writers.append(write.ShardWriter(path))
                stack.callback(writers[-1].close)
                paths.append(path)
            writers[number % num_shards].write(record)
        check()
        if not paths:
            raise UserError("There is nothing to import: no record was read.")
        for writer in writers:
            writer.close()
        return _name_shards(directory, split, paths, writers)


@told()
def copy_vocabulary(path: Path, data_dir: Path) -> None:
    """Copies a vocabulary into a data root.

    Raises:
        UserError: the data root has another one.
    """
    target = data_dir / data_root.VOCABULARY
    if target.is_file():
        if not filecmp.cmp(path, target, shallow=False):
            raise UserError(
                f"{target} is another vocabulary than {path}; a data root has "
                "one. Give another --data_dir."
            )
        return
    files.write_whole(target, path.read_bytes())


def _name_shards(
    directory: Path,
    split: str,
    paths: list[Path],
    writers: list[write.ShardWriter],
) -> write.SplitInfo:
    # While shards change, the split must not look complete.
    (directory / f"{split}.info.json").unlink(missing_ok=True)
    for old in directory.glob(f"{split}.tfrecord-*"):
        old.unlink()
    shards = []
    for number, (path, writer) in enumerate(zip(paths, writers, strict=True)):
        final = directory / write.shard_name(split, number, len(paths))
        os.replace(path, final)
        shards.append(write.describe_shard(final, writer.num_examples))
    info = write.write_split_info(directory, split, shards)
    split_index.load(directory.parent, directory.name, split)
    return info
