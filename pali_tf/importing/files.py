"""The files that an import reads, and the lines of text files."""

import gzip
from collections.abc import Iterator, Sequence
from typing import IO

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import MissingFileError, nearest
from pali_tf.importing.options import Options


def list_files(path: Path, suffixes: Sequence[str]) -> list[Path]:
    """Gives the file, or a folder's files with one of the suffixes, in order.

    Raises:
        MissingFileError: there are none; the message says what is there.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise MissingFileError(
            f"There is no {path.name}{what_is_in(path.parent, path.name)}"
        )
    found = sorted(
        child
        for child in files.children(path)
        if child.name.endswith(tuple(suffixes))
    )
    if not found:
        raise MissingFileError(
            f"There is no file {' or '.join('*' + s for s in suffixes)}"
            f"{what_is_in(path)}"
        )
    return found


def read_lines(
    paths: Sequence[Path], options: Options
) -> Iterator[tuple[Path, Iterator[bytes]]]:
    """Yields each file with its lines; files named .gz are unpacked."""
    total = sum(path.stat().length for path in paths)
    before = 0
    for path in paths:
        with files.open_blocks(path) as raw:
            yield path, _lines(path, raw, options, before, total)
        before += path.stat().length


def _lines(
    path: Path, raw: IO[bytes], options: Options, before: int, total: int
) -> Iterator[bytes]:
    lines = gzip.open(raw) if path.suffix == ".gz" else raw
    try:
        for line in lines:
            options.progress(before + raw.tell(), total)
            yield line
    except (EOFError, gzip.BadGzipFile) as error:
        options.problems.report("truncated-file", str(path), f"{error}.")


def what_is_in(folder: Path, wanted: str = "") -> str:
    """Gives the end of a message: what a folder holds that was meant."""
    if not folder.is_dir():
        return f"; nor is there a folder {folder}."
    names = (child.name for child in files.children(folder))
    return f" in {folder}{nearest(wanted, names)}"
