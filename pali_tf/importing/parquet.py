"""Parquet tables, with images in them or paths to images."""

from collections.abc import Iterator

import pyarrow
from pyarrow import parquet

from pali_tf import files
from pali_tf.importing.files import list_files
from pali_tf.importing.options import Options
from pali_tf.importing.rows import (
    FIELDS,
    Located,
    check_columns,
    rows_to_records,
)
from pali_tf.webli import records

# Rows decoded at a time; each may hold an image.
_ROWS = 32
# Of a column, which is not to be in memory as a whole.
_BUFFER_BYTES = 1 << 20


def read(options: Options) -> Iterator[records.Record]:
    """Yields the records of Parquet files, whose columns `rows` lists.

    Raises:
        MissingFileError: there are none.
        UserError: a column is missing; the message has the nearest.
    """
    yield from rows_to_records(_rows(options), options)


def _rows(options: Options) -> Iterator[Located]:
    paths = list_files(options.input, (".parquet",))
    wanted = {options.fields.get(name, name) for name in FIELDS}
    for number, path in enumerate(paths):
        try:
            # What is on a disk is better mapped than read.
            with (
                files.open_blocks(path) as file,
                parquet.ParquetFile(
                    file if files.is_bucket(path) else path,
                    memory_map=True,
                    buffer_size=_BUFFER_BYTES,
                ) as table,
            ):
                columns = table.schema_arrow.names
                check_columns(columns, str(path), options)
                read = [name for name in columns if name in wanted]
                total = max(table.metadata.num_rows, 1)
                row = 0
                for batch in table.iter_batches(_ROWS, columns=read):
                    for values in batch.to_pylist():
                        yield f"{path}:row {row}", values
                        row += 1
                    options.progress(number + row / total, len(paths))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowException) as error:
            options.problems.report("truncated-file", str(path), f"{error}.")
