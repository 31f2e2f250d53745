"""ObjectNet, in the 113 of its classes that ImageNet has as well.

images/<folder>/*.png                    the images
mappings/folder_to_objectnet_label.json  {"alarm_clock": "Alarm clock"}
mappings/objectnet_to_imagenet_1k.json   {"Alarm clock": "analog clock; digital
                                         clock"}, right classes of ImageNet

Any of the right classes counts. The images have a red frame, of a pixel or
two, which their makers ask to cut off; that is left to the user.

Source: objectnet.dev.
"""

from collections.abc import Iterator
from typing import Any

from pali_tf.importing.benchmarks import imagenet, published
from pali_tf.importing.benchmarks.class_names import first_name
from pali_tf.importing.options import Options
from pali_tf.webli import records


def read(options: Options) -> Iterator[records.Record]:
    """Yields an image with the names of its classes in ImageNet."""
    labels = _read_mapping(options, "folder_to_objectnet_label.json")
    classes = _read_mapping(options, "objectnet_to_imagenet_1k.json")
    for folder in imagenet.class_folders(options):
        names = classes.get(labels[folder.name])
        if names is None:
            options.problems.report(
                "no-annotation", str(folder), "ImageNet has no such class."
            )
            continue
        right = tuple(first_name(name) for name in names.split(";"))
        yield from imagenet.read_folder(options, folder, right)


def _read_mapping(options: Options, name: str) -> Any:
    return published.read_json(
        published.find_file(options, f"mappings/{name}", name)
    )
