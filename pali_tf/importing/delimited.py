"""Tables with a header: comma-separated, or by tabs where named .tsv."""

import csv
from collections.abc import Iterable, Iterator

from etils.epath import Path

from pali_tf.importing.files import list_files, read_lines
from pali_tf.importing.options import Options
from pali_tf.importing.rows import Located, check_columns, rows_to_records
from pali_tf.webli import records

_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
# A cell may hold an image in base64.
_MOST_CELL_BYTES = 2**31 - 1


def read(options: Options) -> Iterator[records.Record]:
    """Yields the records of tables, whose columns `rows` lists.

    Raises:
        MissingFileError: there are none.
        UserError: a column is missing; the message has the nearest.
    """
    csv.field_size_limit(_MOST_CELL_BYTES)
    yield from rows_to_records(_rows(options), options)


def _rows(options: Options) -> Iterator[Located]:
    paths = list_files(options.input, _SUFFIXES)
    for path, lines in read_lines(paths, options):
        delimiter = "\t" if ".tsv" in path.suffixes else ","
        table = csv.reader(_decoded(path, lines, options), delimiter=delimiter)
        header = next(table, [])
        check_columns(header, str(path), options)
        for cells in table:
            if not cells:
                continue
            where = f"{path}:{table.line_num}"
            if len(cells) == len(header):
                yield where, dict(zip(header, cells, strict=True))
            else:
                options.problems.report(
                    "malformed-line",
                    where,
                    f"{len(cells)} cells under {len(header)} columns.",
                )


def _decoded(
    path: Path, lines: Iterable[bytes], options: Options
) -> Iterator[str]:
    """Gives text without a byte order mark; a bad line as an empty one."""
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            where = f"{path}:{number}"
            options.problems.report("malformed-line", where, f"{error}.")
            text = "\n"
        yield text.removeprefix("\ufeff") if number == 1 else text
