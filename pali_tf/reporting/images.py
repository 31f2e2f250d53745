"""Finds the images that a report shows, and inlines them."""

import base64
import itertools
from collections.abc import Collection

from etils.epath import Path

from pali_tf.errors import UserError
from pali_tf.webli.read import list_splits, read_split
from pali_tf.webli.records import SOURCES

_MEDIA_TYPES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def find_images(
    data_dir: Path, source_ids: Collection[str], split: str = "test"
) -> dict[str, bytes]:
    """Reads the encoded images with these ids from the shards of a split.

    The sources are read one after the other until every id is found: in the
    sample each scene is in all of them, elsewhere it may be in one alone.

    Returns:
        id (`image/source_id`) -> encoded bytes, of those that were found.
    """
    wanted, found = set(source_ids), {}
    present = {name for name, part in list_splits(data_dir) if part == split}
    known = [source for source in SOURCES if source in present]
    records = itertools.chain.from_iterable(
        read_split(data_dir, source, split)
        for source in known + sorted(present - set(known))
    )
    for record in records if wanted else ():
        if record.image is not None and record.image.source_id in wanted:
            found[record.image.source_id] = record.image.encoded
            if len(found) == len(wanted):
                break
    return found


def data_uri(encoded: bytes) -> str:
    """Gives encoded image bytes as a `data:` address.

    Raises:
        UserError: the bytes begin like no image that a browser shows.
    """
    for magic, media_type in _MEDIA_TYPES.items():
        if encoded.startswith(magic):
            text = base64.b64encode(encoded).decode("ascii")
            return f"data:{media_type};base64,{text}"
    raise UserError(
        f"Bytes beginning {encoded[:8]!r} are no JPEG, PNG, GIF or WebP image."
    )
