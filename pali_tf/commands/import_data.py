"""`pali import`: a data set's own files to stored examples.

Each format reads its files as they are published; images are checked and
stored once, beside all that is said about them. What is wrong is told with its
place, and nothing is written, unless that kind of problem is allowed.
"""

import argparse
import errno
import os
import signal
import time
from collections.abc import Sequence
from types import FrameType

import tqdm
from etils.epath import Path

from pali_tf import files
from pali_tf.errors import (
    ExistingFileError,
    MissingFileError,
    UserError,
    told,
)
from pali_tf.importing import formats, problems
from pali_tf.run import program_log
from pali_tf.webli import records

_NUM_SHARDS = 16


def main(argv: list[str]) -> int:
    """Runs the command; `argv` has what follows its name."""
    flags = _parse(argv)
    read = formats.find_format(flags.format)
    found = problems.Problems(flags.allow.split(",") if flags.allow else ())
    directory = flags.data_dir / flags.source
    _check(directory, flags)
    program_log.set_up()
    # SIGINT too: a shell's background jobs inherit that it is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    # They bring TensorFlow, and what is refused above needs none of it.
    from pali_tf.importing import import_counts, options, shards

    if flags.vocabulary is not None:
        shards.copy_vocabulary(flags.vocabulary, flags.data_dir)
    started = time.monotonic()
    files.remove_leftovers(directory, f"{flags.split}.")
    with tqdm.tqdm(unit=" records", desc="Importing") as bar:
        counts = import_counts.ImportCounts(bar)
        rows = read.load()(
            options.Options(
                input=flags.input,
                split=flags.split,
                images=flags.images,
                language=flags.language,
                fields=_fields(flags.field),
                problems=found,
                progress=counts.at,
            )
        )
        info = shards.write_split(
            counts.counted(rows),
            directory,
            flags.split,
            num_shards=flags.num_shards,
            check=found.check,
        )
    print(
        f"Wrote {flags.source}/{flags.split}: {counts.describe()}, in "
        f"{len(info.shards)} shards, in {time.monotonic() - started:.0f} s."
    )
    if left_out := found.describe():
        print(f"Left out: {left_out}.")
    for objective in counts.objectives():
        task = f"{objective}:{flags.source}"
        print(f"""Its task: --gin.MIXTURE_OR_TASK_NAME="'{task}'\"""")
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali import",
        description=__doc__,
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--from", dest="format", required=True, metavar="F")
    parser.add_argument(
        "--input", type=files.as_path, required=True, metavar="PATH"
    )
    parser.add_argument(
        "--data_dir", type=files.as_path, required=True, metavar="DIR"
    )
    parser.add_argument(
        "--source",
        required=True,
        metavar="NAME",
        help="the folder of the data root to write, such as my_shop",
    )
    parser.add_argument(
        "--split", choices=records.SPLITS, default="train", help="%(default)s"
    )
    parser.add_argument(
        "--images",
        type=files.as_path,
        metavar="DIR",
        help="what names of images start from (default: where --input is)",
    )
    parser.add_argument(
        "--language",
        default="en",
        help="of texts that name none (default: %(default)s)",
    )
    _add_choices(parser)
    return parser.parse_args(argv)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's name of a field, such as caption=alt_text; repeat it",
    )
    parser.add_argument(
        "--num_shards",
        type=int,
        default=_NUM_SHARDS,
        help="files to write, at most (default: %(default)s)",
    )
    parser.add_argument(
        "--allow",
        default="",
        metavar="KIND,...",
        help="problems to leave out, count and tell",
    )
    parser.add_argument(
        "--vocabulary",
        type=files.as_path,
        metavar="FILE",
        help="a sentencepiece.model to copy into a data root that has none",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace the split if it is there",
    )


def _epilog() -> str:
    """Lists the formats and the kinds of problems."""
    width = max(map(len, formats.FORMATS))
    lines = ["formats (--from) and their files (--input):"]
    for name, entry in formats.FORMATS.items():
        lines.append(f"  {name:<{width}}  {entry.help}: {entry.files}")
    width = max(map(len, problems.KINDS))
    lines += ["", "kinds of problems (--allow):"]
    for name, kind in problems.KINDS.items():
        told = "" if kind.is_fatal else " (always left out)"
        lines.append(f"  {name:<{width}}  {kind.help}{told}")
    return "\n".join(lines)


def _check(directory: Path, flags: argparse.Namespace) -> None:
    """Refuses what cannot be written or read, before anything is."""
    records.check_source(flags.source)
    if flags.field and not formats.find_format(flags.format).has_fields:
        raise UserError(f"The format {flags.format!r} takes no --field.")
    if flags.num_shards < 1:
        raise UserError(f"--num_shards is {flags.num_shards}, below 1.")
    if flags.images is not None and not flags.images.is_dir():
        raise MissingFileError(f"--images: there is no folder {flags.images}.")
    if flags.vocabulary is not None and not flags.vocabulary.is_file():
        raise MissingFileError(
            f"--vocabulary: there is no file {flags.vocabulary}."
        )
    if not files.is_bucket(directory):
        _check_folder(directory)
    info = directory / f"{flags.split}.info.json"
    if info.is_file() and not flags.overwrite:
        raise ExistingFileError(
            f"{info} is there already. Give --overwrite to replace the split, "
            "or another --source."
        )


@told()
def _check_folder(folder: Path) -> None:
    """Refuses one that cannot be made or written in, before all is read."""
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(folder))
    if not os.access(there, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", str(there))


def _fields(flags: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for flag in flags:
        ours, equals, theirs = flag.partition("=")
        if not (ours and equals and theirs):
            raise UserError(
                f"--field={flag}: give OURS=THEIRS, such as caption=alt_text."
            )
        pairs[ours] = theirs
    return pairs


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends as Ctrl-C does: what is half written is removed."""
    del number, frame
    raise KeyboardInterrupt
