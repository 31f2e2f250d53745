"""JSON lines: an object a line, with the fields that `rows` lists."""

import json
from collections.abc import Iterator

from pali_tf.importing.files import list_files, read_lines
from pali_tf.importing.options import Options
from pali_tf.importing.rows import Located, rows_to_records
from pali_tf.webli import records

_SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson")


def read(options: Options) -> Iterator[records.Record]:
    """Yields the records of JSON-lines files.

    Raises:
        MissingFileError: there are none.
    """
    yield from rows_to_records(_rows(options), options)


def _rows(options: Options) -> Iterator[Located]:
    paths = list_files(options.input, _SUFFIXES)
    for path, lines in read_lines(paths, options):
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            # Of text that is not UTF-8, UnicodeDecodeError.
            except ValueError as error:
                options.problems.report("malformed-line", where, f"{error}.")
                continue
            if isinstance(row, dict):
                yield where, row
            else:
                options.problems.report(
                    "malformed-line",
                    where,
                    f"a {type(row).__name__}, not an object.",
                )
