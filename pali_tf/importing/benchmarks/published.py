"""Finding and reading the files that a benchmark is published as.

A reader's name is its format's; its docstring has the layout, file by file.
"""

import bz2
import json
from collections.abc import Iterable, Iterator
from typing import Any

from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.errors import MissingFileError, UserError, told
from pali_tf.importing.files import what_is_in
from pali_tf.importing.images import read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

TRAIN_VAL_TEST = {"train": "train", "validation": "val", "test": "test"}


class Entry(dict[str, Any]):
    """A JSON object of a file; asking for what it lacks names the file."""

    def __init__(self, pairs: Iterable[tuple[str, Any]], path: Path) -> None:
        """Keeps the pairs, and where they are from."""
        super().__init__(pairs)
        self._path = path

    def __missing__(self, key: str) -> Any:
        """Raises ValueError: the file is not of the published layout."""
        raise UserError(
            f"{self._path}: an entry has no {key!r} but {sorted(self)}; it is "
            "not in the published layout."
        )


def find_file(options: Options, *names: str) -> Path:
    """Returns the first of the files that the input folder has.

    Args:
        options: `input` is the folder, or the file itself.
        *names: paths in the folder, the likeliest first.

    Raises:
        MissingFileError: there is none; the message says what is there.
    """
    root = options.input
    if root.is_file():
        return root
    for name in names:
        if (root / name).is_file():
            return root / name
    raise MissingFileError(
        f"There is no {' or '.join(names)}{what_is_in(root, names[0])}"
    )


def named_file(options: Options, field: str) -> Path:
    """Returns the user's own file, which --field names.

    Raises:
        MissingFileError: it is not there.
    """
    path = files.as_path(options.fields[field])
    if not path.is_file():
        raise MissingFileError(f"--field={field}: there is no file {path}.")
    return path


def find_files(options: Options, pattern: str) -> list[Path]:
    """Returns the input folder's files of a pattern, sorted.

    Raises:
        MissingFileError: there is none; the message says what is there.
    """
    root = options.input
    if root.is_file():
        return [root]
    found = sorted(root.glob(pattern))
    if not found:
        raise MissingFileError(
            f"There is no {pattern}{what_is_in(root, pattern)}"
        )
    return found


def find_image(
    options: Options, name: str, source_id: str, *folders: str
) -> records.Image | None:
    """Reads an image from where the data set or the user puts it.

    Args:
        options: its `image_root` is searched.
        name: of the file, as the annotations give it.
        source_id: the id to store.
        *folders: of the published layout, searched in order; then the searched
            folder itself.

    Returns:
        The image; None: it is missing or corrupt, and reported.
    """
    root = options.image_root
    places = [root / folder / name for folder in (*folders, "")]
    path = next((place for place in places if place.is_file()), places[0])
    return read_image(path, source_id, options.problems)


def coco_file_name(image_id: int, year_split: str) -> str:
    """Gives COCO's file name: (9, "val2014") COCO_val2014_000000000009.jpg."""
    return f"COCO_{year_split}_{image_id:012d}.jpg"


def karpathy_images(path: Path, options: Options) -> Iterator[Entry]:
    """Yields what dataset_coco.json has of Karpathy's split of COCO.

    An entry is {"filepath", "filename", "cocoid", "split", "sentences":
    [{"raw"}]}; "restval" trains as well.

    Source: cs.stanford.edu/people/karpathy/deepimagesent.
    """
    splits = TRAIN_VAL_TEST | {"train": "train restval"}
    wanted = for_split(options, **splits).split()
    for entry in read_json(path)["images"]:
        if entry["split"] in wanted:
            yield entry


def for_split(options: Options, **names: str) -> str:
    """Returns what a data set calls the split.

    Args:
        options: with the split: "train", "validation" or "test".
        **names: the data set's own word for each split that it has.

    Raises:
        UserError: it has no such split.
    """
    if options.split not in names:
        raise UserError(
            f"The data set has no split {options.split!r}; it has "
            f"{', '.join(names)}."
        )
    return names[options.split]


def read_json(path: Path) -> Any:
    """Reads a JSON file whose objects become `Entry`s.

    Raises:
        UserError: it is no JSON; the message has the line.
    """
    return json_files.read(
        path, object_pairs_hook=lambda pairs: Entry(pairs, path)
    )


def read_json_lines(path: Path, options: Options) -> Iterator[Any]:
    """Yields the objects of a JSON-lines file, which may end in .bz2.

    A line that is no JSON is reported as "malformed-line" and passed over.
    """
    with told(path), files.open_blocks(path) as raw:
        lines = bz2.open(raw) if path.suffix == ".bz2" else raw
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(
                    line, object_pairs_hook=lambda pairs: Entry(pairs, path)
                )
            # Of text that is not UTF-8, UnicodeDecodeError.
            except ValueError as error:
                options.problems.report(
                    "malformed-line", f"{path}:{number}", str(error)
                )
                continue
            yield entry
