"""WebDataset archives: files of one key that follow each other are one record.

| file     | gives                                             |
|----------|---------------------------------------------------|
| KEY.jpg  | the image; .jpeg, .png, .webp as well             |
| KEY.txt  | a caption                                         |
| KEY.cls  | the label                                         |
| KEY.json | an object with the fields that `rows` lists       |
"""

import contextlib
import gzip
import itertools
import json
import os
import tarfile
from collections.abc import Iterator
from typing import Any

from etils.epath import Path

from pali_tf import files
from pali_tf.importing.files import list_files
from pali_tf.importing.images import SUFFIXES
from pali_tf.importing.options import Options
from pali_tf.importing.rows import Located, rows_to_records
from pali_tf.webli import records

_TEXT_FIELDS = {".txt": "caption", ".caption": "caption", ".cls": "label"}
# What ends a whole archive.
_END = bytes(1024)

Member = tuple[str, str, bytes]


def read(options: Options) -> Iterator[records.Record]:
    """Yields the records of tar archives, which are read as streams.

    Raises:
        MissingFileError: there are none.
    """
    yield from rows_to_records(_rows(options), options)


def _rows(options: Options) -> Iterator[Located]:
    paths = list_files(options.input, (".tar", ".tar.gz", ".tgz"))
    sizes = [path.stat().length for path in paths]
    for index, path in enumerate(paths):
        members = _members(path, options, sum(sizes[:index]), sum(sizes))
        for key, group in itertools.groupby(members, lambda m: m[0]):
            where = f"{path}:{key}"
            values = _values(where, list(group), options)
            if values is not None:
                yield where, {"id": key, **values}


def _members(
    path: Path, options: Options, before: int, total: int
) -> Iterator[Member]:
    """Yields (key, suffix, bytes); reports an archive that ends too early."""
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(files.open_blocks(path))
            # Python's gzip tells a cut file; tarfile's own does not.
            stream = raw if path.suffix == ".tar" else gzip.open(raw)
            tar = stack.enter_context(tarfile.open(fileobj=stream, mode="r|"))
            for member in tar:
                # It would keep the headers of all files.
                vars(tar)["members"].clear()
                file = tar.extractfile(member)
                if file is None:
                    continue
                folder, name = os.path.split(member.name)
                stem, dot, suffix = name.partition(".")
                yield os.path.join(folder, stem), dot + suffix, file.read()
                options.progress(before + raw.tell(), total)
    except (tarfile.ReadError, gzip.BadGzipFile, EOFError) as error:
        options.problems.report("truncated-file", str(path), f"{error}.")
        return
    if path.suffix == ".tar" and not _has_end(path):
        options.problems.report(
            "truncated-file", str(path), "the archive's end mark is missing."
        )


def _has_end(path: Path) -> bool:
    size = path.stat().length
    return size >= len(_END) and (
        files.read_range(path, size - len(_END), len(_END)) == _END
    )


def _values(
    where: str, members: list[Member], options: Options
) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    described: dict[str, Any] = {}
    for _, suffix, data in members:
        suffix = suffix.lower()
        try:
            if suffix in SUFFIXES:
                values["image"] = data
            elif suffix == ".json":
                described = {**json.loads(data)}
            elif suffix in _TEXT_FIELDS:
                values[_TEXT_FIELDS[suffix]] = data.decode()
            else:
                options.problems.report(
                    "other-file", f"{where}{suffix}", "no image and no text."
                )
        # Of text that is not UTF-8 or no JSON; of JSON that is no object.
        except (ValueError, TypeError) as error:
            options.problems.report(
                "malformed-line", f"{where}{suffix}", f"{error}."
            )
            return None
    if "image" in values:
        described.pop("image", None)
    return {**values, **described}
