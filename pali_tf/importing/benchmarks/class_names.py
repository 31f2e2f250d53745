"""The names of ImageNet's classes, from a file that comes with the images.

LOC_synset_mapping.txt  1,000 lines "n01440764 tench, Tinca tinca"

The name of a class is the first of a line. A file of the user's own, one line
"n01440764 tench" each, gives other names: the paper does not say which it used.
Two classes each are called "crane" and "maillot" in the published file: they
count as one.

Source: kaggle.com/c/imagenet-object-localization-challenge.
"""

import re

from etils.epath import Path

from pali_tf.errors import MissingFileError, UserError, told
from pali_tf.importing.benchmarks import published
from pali_tf.importing.options import Options

FIELD = "names"
_PUBLISHED = "LOC_synset_mapping.txt"
_LINE = re.compile(r"(n\d{8})\s+(.+)")


def read_class_names(options: Options) -> dict[str, str]:
    """Returns {folder: name} for folders "n01440764" and their index "0".

    Args:
        options: `fields` may name the file; else it is in the input folder or
            the one above.
    """
    path = _find(options)
    names = {}
    with told(path):
        lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise UserError(
                f"{path}: {line!r} is not of the form 'n01440764 tench'."
            )
        names[match[1]] = first_name(match[2])
    # ImageNet-V2's folders are indices into the sorted ids.
    indexed = {str(i): names[key] for i, key in enumerate(sorted(names))}
    return names | indexed


def first_name(names: str) -> str:
    """Gives "tench" of "tench, Tinca tinca"."""
    return names.split(",")[0].strip()


def _find(options: Options) -> Path:
    if FIELD in options.fields:
        path = Path(options.fields[FIELD])
        if not path.is_file():
            raise MissingFileError(f"There is no file of names {path}.")
        return path
    above = options.input.parent / _PUBLISHED
    return (
        above if above.is_file() else published.find_file(options, _PUBLISHED)
    )
