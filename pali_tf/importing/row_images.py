"""The image that a row names or holds."""

import base64
import binascii
from collections.abc import Mapping

from pali_tf import files
from pali_tf.importing.images import image_from_bytes, read_image
from pali_tf.importing.options import Options
from pali_tf.importing.row import Row
from pali_tf.webli import records


def read_row_image(row: Row, options: Options) -> records.Image | None:
    """Reads a row's image; None after a problem, which is reported."""
    value = row.values.get("image")
    image_id = row.text("id")
    if isinstance(value, Mapping):
        path = value.get("path")
        image_id = image_id or path or ""
        value = value.get("bytes") or path
    if row.has("image_base64"):
        value = _decode_base64(row)
        if value is None:
            return None
    if isinstance(value, bytes):
        # A row's place is unlike all others.
        image_id = image_id or row.where.rpartition("/")[2]
        return image_from_bytes(value, image_id, row.where, options.problems)
    if isinstance(value, str):
        is_whole = files.is_bucket(value)
        path = files.as_path(value) if is_whole else options.image_root / value
        return read_image(path, image_id or value, options.problems)
    row.report("missing-image", "it names no image.")
    return None


def _decode_base64(row: Row) -> bytes | None:
    text = row.text("image_base64")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        row.report("corrupt-image", f"image_base64 is no base64: {error}.")
        return None
