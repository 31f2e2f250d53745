"""Images of a class: ImageNet, its variants, and ObjectNet."""

import re
from collections.abc import Iterator
from typing import Any

from etils.epath import Path

from pali_tf import files
from pali_tf.errors import MissingFileError, UserError, told
from pali_tf.importing.benchmarks import published
from pali_tf.importing.images import read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

_SUFFIXES = (".jpeg", ".jpg", ".png")
_NAMES = "names"
_PUBLISHED_NAMES = "LOC_synset_mapping.txt"
_NAME_LINE = re.compile(r"(n\d{8})\s+(.+)")


def imagenet(options: Options) -> Iterator[records.Record]:
    """ImageNet and its variants, whose images are in a folder a class.

    <folder>/*             the images of a class; of ImageNet, -R, -A and
                           -Sketch the folder is "n01440764", of ImageNet-V2 "0"
                           to "999"
    LOC_synset_mapping.txt 1,000 lines "n01440764 tench, Tinca tinca", in the
                           folder or above

    ImageNet's validation images come in one folder: sort them into class
    folders by LOC_val_solution.csv first.

    The name of a class is the first of a line. A file of the user's own,
    `--field=names=FILE`, one line "n01440764 tench" each, gives other names:
    the paper does not say which it used. Two classes each are called "crane"
    and "maillot" in the published file: they count as one.

    Source: image-net.org; github.com/hendrycks/imagenet-r,
        github.com/hendrycks/natural-adv-examples (-A),
        github.com/HaohanWang/ImageNet-Sketch, imagenetv2.org;
        kaggle.com/c/imagenet-object-localization-challenge (the names).
    """
    names = _class_names(options)
    for folder in _class_folders(options):
        if folder.name not in names:
            raise UserError(
                f"{folder} is not the folder of a class of ImageNet: expected "
                'an id like "n01440764", or an index below 1000.'
            )
        yield from _read_folder(options, folder, (names[folder.name],))


def objectnet(options: Options) -> Iterator[records.Record]:
    """ObjectNet, in the 113 of its classes that ImageNet has as well.

    images/<folder>/*.png                    the images
    mappings/folder_to_objectnet_label.json  {"alarm_clock": "Alarm clock"}
    mappings/objectnet_to_imagenet_1k.json   {"Alarm clock": "analog clock;
                                             digital clock"}, right classes of
                                             ImageNet

    Any of the right classes counts. The images have a red frame, of a pixel or
    two, which their makers ask to cut off; that is left to the user.

    Source: objectnet.dev.
    """
    labels = _read_mapping(options, "folder_to_objectnet_label.json")
    classes = _read_mapping(options, "objectnet_to_imagenet_1k.json")
    for folder in _class_folders(options):
        names = classes.get(labels[folder.name])
        if names is None:
            options.problems.report(
                "no-annotation", str(folder), "ImageNet has no such class."
            )
            continue
        right = tuple(_first_name(name) for name in names.split(";"))
        yield from _read_folder(options, folder, right)


def _read_mapping(options: Options, name: str) -> Any:
    return published.read_json(
        published.find_file(options, f"mappings/{name}", name)
    )


def _class_folders(options: Options) -> list[Path]:
    root = options.image_root
    folders = sorted(path for path in files.children(root) if path.is_dir())
    if not folders:
        raise MissingFileError(
            f"{root} has no class folders. Images in one folder must be sorted "
            "into class folders first."
        )
    return folders


def _read_folder(
    options: Options, folder: Path, labels: tuple[str, ...]
) -> Iterator[records.Record]:
    for path in files.children(folder):
        if path.suffix.lower() in _SUFFIXES:
            image = read_image(
                path, f"{folder.name}/{path.stem}", options.problems
            )
            if image is not None:
                yield records.Record(image=image, labels=labels)


def _class_names(options: Options) -> dict[str, str]:
    """Returns {folder: name} for folders "n01440764" and their index "0"."""
    path = options.input.parent / _PUBLISHED_NAMES
    if _NAMES in options.fields:
        path = published.named_file(options, _NAMES)
    elif not path.is_file():
        path = published.find_file(options, _PUBLISHED_NAMES)
    names = {}
    with told(path):
        lines = path.read_bytes().decode().splitlines()
    for line in lines:
        match = _NAME_LINE.fullmatch(line.strip())
        if match is None:
            raise UserError(
                f"{path}: {line!r} is not of the form 'n01440764 tench'."
            )
        names[match[1]] = _first_name(match[2])
    # ImageNet-V2's folders are indices into the sorted ids.
    return names | {str(i): names[key] for i, key in enumerate(sorted(names))}


def _first_name(names: str) -> str:
    """Gives "tench" of "tench, Tinca tinca"."""
    return names.split(",")[0].strip()
