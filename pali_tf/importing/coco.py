"""COCO's annotation files: captions_*.json and instances_*.json.

An image and all its captions, or all its boxes, make one record. The polygons
of instances, most of the file, are dropped while it is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from etils.epath import Path

from pali_tf import json_files
from pali_tf.errors import UserError
from pali_tf.importing.files import list_files
from pali_tf.importing.images import read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records

Json = dict[str, Any]

_DROPPED = ("segmentation", "license", "flickr_url", "date_captured")


def read(options: Options) -> Iterator[records.Record]:
    """Yields a record for each image that has captions or boxes.

    Raises:
        MissingFileError: there is no annotation file; the message says what
            is in the folder.
        UserError: several fit, or the file is not COCO's.
    """
    path = _find_file(options)
    content = _load(path)
    if not options.knows(options.language):
        return
    names = {c["id"]: c["name"] for c in content.get("categories", [])}
    notes: dict[Any, list[Json]] = defaultdict(list)
    for note in content["annotations"]:
        notes[note.get("image_id")].append(note)
    images = content["images"]
    for number, image in enumerate(images):
        options.progress(number, len(images))
        found = notes.pop(image["id"], [])
        record = _make_record(path, image, found, names, options)
        if record is not None:
            yield record
    for image_id, orphans in notes.items():
        options.problems.report(
            "missing-image",
            str(path),
            f"{len(orphans)} annotations are about image {image_id}, which "
            '"images" does not list.',
        )


def _find_file(options: Options) -> Path:
    """Gives the file itself, or the folder's one for the split."""
    found = list_files(options.input, (".json",))
    if len(found) == 1:
        return found[0]
    of_split = [
        path
        for path in found
        if path.name.startswith(("captions_", "instances_"))
        and options.split in path.stem
    ]
    if len(of_split) != 1:
        raise UserError(
            f"--input: name one of {', '.join(path.name for path in found)} "
            f"in {options.input}."
        )
    return of_split[0]


def _load(path: Path) -> Json:
    def without_bulk(value: Json) -> Json:
        for key in _DROPPED:
            value.pop(key, None)
        return value

    content = json_files.read(path, object_hook=without_bulk)
    missing = [
        key
        for key in ("images", "annotations")
        if not isinstance(content, dict) or key not in content
    ]
    if missing:
        raise UserError(
            f"{path} is no COCO file: it lacks {' and '.join(missing)}."
        )
    return content


def _make_record(
    path: Path,
    image: Json,
    notes: list[Json],
    names: Mapping[Any, str],
    options: Options,
) -> records.Record | None:
    where = f"{path}: image {image['id']}"
    if not notes:
        options.problems.report("no-annotation", where, "it has none.")
        return None
    captions = tuple(_captions(where, notes, options))
    boxes = [note for note in notes if "bbox" in note]
    if not (captions or boxes):
        return None
    stored = read_image(
        options.image_root / str(image.get("file_name", "")),
        str(image["id"]),
        options.problems,
    )
    if stored is None:
        return None
    # The boxes are in pixels of the image as it was annotated.
    size = (
        image.get("height", stored.height),
        image.get("width", stored.width),
    )
    objects = tuple(_objects(where, boxes, names, size, options))
    if not (captions or objects):
        return None
    return records.Record(image=stored, captions=captions, objects=objects)


def _captions(
    where: str, notes: Iterable[Json], options: Options
) -> Iterator[records.Caption]:
    for note in notes:
        if "bbox" in note:
            continue
        text = note.get("caption")
        if not isinstance(text, str):
            options.problems.report(
                "malformed-line",
                where,
                f"annotation {note.get('id')} has no caption and no bbox.",
            )
        elif not text.strip():
            options.problems.report(
                "empty-text", where, f"caption {note.get('id')} is empty."
            )
        else:
            yield records.Caption(
                text=text.strip(), language=options.language, score=1.0
            )


def _objects(
    where: str,
    notes: Iterable[Json],
    names: Mapping[Any, str],
    size: tuple[float, float],
    options: Options,
) -> Iterator[records.LabelledObject]:
    for note in notes:
        place = f"{where}, annotation {note.get('id')}"
        if note.get("iscrowd"):
            options.problems.report("crowd-box", place, "it is of a crowd.")
            continue
        if note.get("category_id") not in names:
            options.problems.report(
                "malformed-line",
                place,
                f"no category {note.get('category_id')!r} is listed.",
            )
            continue
        box = _box(note["bbox"], size, place, options)
        if box is not None:
            yield records.LabelledObject(
                label=names[note["category_id"]], box=box
            )


def _box(
    bbox: Any, size: tuple[float, float], place: str, options: Options
) -> records.Box | None:
    """Turns COCO's (left, top, width, height) in pixels to fractions."""
    try:
        left, top, width, height = map(float, bbox)
    except (TypeError, ValueError):
        options.problems.report(
            "malformed-line", place, f"bbox is {bbox}, not four numbers."
        )
        return None
    image_height, image_width = size
    try:
        return records.Box(
            max(top / image_height, 0),
            max(left / image_width, 0),
            min((top + height) / image_height, 1),
            min((left + width) / image_width, 1),
        )
    except UserError as error:
        options.problems.report("empty-box", place, str(error))
        return None
