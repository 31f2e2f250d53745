"""Writing a split whose number of records is not known beforehand."""

import contextlib
import itertools
from collections.abc import Callable, Iterable

from etils.epath import Path

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
        rows: the records; of them, one a shard is held at most.
        directory: `<data root>/<source>`.
        split: "train", "validation" or "test".
        num_shards: at most so many files.
        check: called once all is read; what it raises leaves nothing behind.

    Raises:
        UserError: there are no records.
    """
    rows = iter(rows)
    # The names of shards have their number.
    first = list(itertools.islice(rows, num_shards))
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(
                write.open_shard(
                    directory / write.shard_name(split, number, len(first))
                )
            )
            for number in range(len(first))
        ]
        left = itertools.chain(first, rows)
        del first
        for writer, record in zip(itertools.cycle(writers), left, strict=False):
            writer.write(record)
        check()
        if not writers:
            raise UserError("There is nothing to import: no record was read.")
        # Shards take their names next; till all have, no split looks complete.
        (directory / f"{split}.info.json").unlink(missing_ok=True)
        if directory.exists():
            for old in directory.glob(f"{split}.tfrecord-*"):
                old.unlink()
    shards = [writer.info for writer in writers]
    info = write.write_split_info(directory, split, shards)
    split_index.load(directory.parent, directory.name, split)
    return info


@told()
def copy_vocabulary(path: Path, data_dir: Path) -> None:
    """Copies a vocabulary into a data root.

    Raises:
        UserError: the data root has another one.
    """
    content = path.read_bytes()
    target = data_dir / data_root.VOCABULARY
    if not target.is_file():
        files.write_whole(target, content)
    elif target.read_bytes() != content:
        raise UserError(
            f"{target} is another vocabulary than {path}; a data root has one. "
            "Give another --data_dir."
        )
