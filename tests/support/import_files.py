"""Small files of the formats that `pali import` reads."""

import io
import json
import pathlib
import tarfile
from collections.abc import Mapping
from typing import Any

from PIL import Image

from pali_tf import files
from pali_tf.importing import formats
from pali_tf.importing.options import Options
from pali_tf.webli import records

COCO_SIZE = (20, 10)  # Width and height, in pixels.


def encode(file_format: str = "JPEG", seed: int = 0) -> bytes:
    """Makes an image file of 20 x 10 pixels."""
    file = io.BytesIO()
    color = (40 * seed % 256, 90, 200)
    Image.new("RGB", COCO_SIZE, color).save(file, file_format)
    return file.getvalue()


def write_images(folder: pathlib.Path, *names: str) -> pathlib.Path:
    """Writes an image under each name; returns the folder."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            encode("PNG" if name.endswith("png") else "JPEG", seed)
        )
    return folder


def write_json(path: pathlib.Path, content: object) -> pathlib.Path:
    path.write_text(json.dumps(content))
    return path


def write_tar(
    path: pathlib.Path, members: Mapping[str, bytes], mode: str = "w"
) -> pathlib.Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_coco(folder: pathlib.Path, num_images: int = 2) -> pathlib.Path:
    """Writes images and captions_train.json, two captions an image."""
    names = [f"{i}.jpg" for i in range(num_images)]
    write_images(folder, *names)
    return write_json(
        folder / "captions_train.json",
        {
            "images": [
                {"id": i, "file_name": name, "width": 20, "height": 10}
                for i, name in enumerate(names)
            ],
            "annotations": [
                {"id": 2 * i + j, "image_id": i, "caption": f"{text} {i}\n"}
                for i in range(num_images)
                for j, text in enumerate(("a blue card", "card number"))
            ],
        },
    )


def read(name: str, path: pathlib.Path, **options: Any) -> list[records.Record]:
    """Reads files of a format; problems are kept, not raised."""
    read_format = formats.find_format(name).load()
    paths = {"input": path, "images": options.pop("images", None)}
    named = {name: files.as_path(p) for name, p in paths.items() if p}
    return list(read_format(Options(**named, **options)))
