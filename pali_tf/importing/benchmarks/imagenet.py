"""ImageNet and its variants, whose images are in a folder a class.

<folder>/*             the images of a class; of ImageNet, -R, -A and -Sketch
                       the folder is "n01440764", of ImageNet-V2 "0" to "999"
LOC_synset_mapping.txt the names; see `class_names`

ImageNet's validation images come in one folder: sort them into class folders
by LOC_val_solution.csv first.

Source: image-net.org; github.com/hendrycks/imagenet-r,
    github.com/hendrycks/natural-adv-examples (-A),
    github.com/HaohanWang/ImageNet-Sketch, imagenetv2.org.
"""

from collections.abc import Iterator

from etils.epath import Path

from pali_tf.errors import MissingFileError, UserError
from pali_tf.importing.benchmarks.class_names import read_class_names
from pali_tf.importing.images import read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

_SUFFIXES = (".jpeg", ".jpg", ".png")


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with the name of its class."""
    names = read_class_names(options)
    for folder in class_folders(options):
        if folder.name not in names:
            raise UserError(
                f"{folder} is not the folder of a class of ImageNet: expected "
                'an id like "n01440764", or an index below 1000.'
            )
        yield from read_folder(options, folder, (names[folder.name],))


def class_folders(options: Options) -> list[Path]:
    """Returns the folders of classes, sorted.

    Raises:
        MissingFileError: there is none.
    """
    root = options.image_root
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    if not folders:
        raise MissingFileError(
            f"{root} has no class folders. Images in one folder must be sorted "
            "into class folders first."
        )
    return folders


def read_folder(
    options: Options, folder: Path, labels: tuple[str, ...]
) -> Iterator[records.Record]:
    """Yields the images of a class folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _SUFFIXES:
            image = read_image(
                path, f"{folder.name}/{path.stem}", options.problems
            )
            if image is not None:
                yield records.Record(image=image, labels=labels)
