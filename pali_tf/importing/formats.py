"""The formats that `pali import` reads, found by name.

Only the standard library is imported here, and a format's module only once it
is used.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pali_tf.errors import UserError, nearest
from pali_tf.importing.benchmarks.table import BENCHMARKS

if TYPE_CHECKING:
    from pali_tf.importing.options import Options
    from pali_tf.webli import records

Read = Callable[["Options"], Iterator["records.Record"]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """A format and where its reader lives.

    Attributes:
        module: its `read(options)` yields the records.
        help: what it holds.
        files: what --input names.
        has_fields: whether --field says anything to it.
    """

    module: str
    help: str
    files: str
    has_fields: bool = False

    def load(self) -> Read:
        """Imports the module and gives its `read`."""
        return importlib.import_module(self.module).read


FORMATS = {
    "jsonl": Format(
        module="pali_tf.importing.jsonl",
        help="one JSON object a line, each about an image or a text",
        files="FILE.jsonl, or a folder of them",
        has_fields=True,
    ),
    "csv": Format(
        module="pali_tf.importing.delimited",
        help="a table with a header",
        files="FILE.csv or FILE.tsv, or a folder of them",
        has_fields=True,
    ),
    "coco": Format(
        module="pali_tf.importing.coco",
        help="COCO's captions or boxes",
        files="captions_*.json or instances_*.json, or their folder",
    ),
    "webdataset": Format(
        module="pali_tf.importing.webdataset",
        help="archives of KEY.jpg with KEY.txt, KEY.json or KEY.cls",
        files="FILE.tar, or a folder of them",
        has_fields=True,
    ),
    "parquet": Format(
        module="pali_tf.importing.parquet",
        help="a table with images in it, or their paths",
        files="FILE.parquet, or a folder of them",
        has_fields=True,
    ),
    "folder": Format(
        module="pali_tf.importing.folder",
        help="folders named by class, or images with a NAME.txt beside each",
        files="the folder",
    ),
    **{
        name: Format(
            module=f"pali_tf.importing.benchmarks.{name}",
            help=what,
            files=files,
            has_fields=True,
        )
        for name, (what, files) in BENCHMARKS.items()
    },
}


def find_format(name: str) -> Format:
    """Gives a format by its name.

    Raises:
        UserError: there is none; the message has the nearest.
    """
    if name not in FORMATS:
        raise UserError(
            f"--from: there is no format {name!r}{nearest(name, FORMATS)}"
        )
    return FORMATS[name]
