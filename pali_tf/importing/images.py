"""Image files to stored images, each checked to be whole."""

import io

from etils.epath import Path
from PIL import Image, UnidentifiedImageError

from pali_tf.importing.problems import Problems
from pali_tf.webli import records

# What the tasks decode; other formats are stored as PNG, without loss.
_KEPT_FORMATS = ("JPEG", "PNG")

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")

# What Pillow raises of a file that is not whole.
_DECODE_ERRORS = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
)


def read_image(
    path: Path, source_id: str, problems: Problems
) -> records.Image | None:
    """Reads an image file; None after a problem, which is reported.

    JPEG and PNG stay as they are; `source_id` is the image's unique id.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        problems.report("missing-image", str(path), _why_missing(path))
        return None
    return image_from_bytes(data, source_id, str(path), problems)


def image_from_bytes(
    data: bytes, source_id: str, where: str, problems: Problems
) -> records.Image | None:
    """Makes a stored image of a file's bytes; None after a problem.

    The pixels are decoded: a file whose end is missing has a good header. A
    JPEG is decoded at an eighth of its size, which reads all of it.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            file_format = image.format or ""
            if file_format == "JPEG":
                image.draft("RGB", (width // 8, height // 8))
            image.load()
            if file_format not in _KEPT_FORMATS:
                data, file_format = _as_png(image), "PNG"
    except _DECODE_ERRORS as error:
        problems.report("corrupt-image", where, f"{error}.")
        return None
    return records.Image(
        encoded=data,
        format=file_format.lower(),
        height=height,
        width=width,
        source_id=source_id,
    )


def _as_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def _why_missing(path: Path) -> str:
    if path.is_dir():
        return "it is a folder."
    if path.parent.is_dir():
        return "the folder has no such file."
    return "the folder is not there; name another with --images."
