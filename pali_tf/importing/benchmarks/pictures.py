"""The image that an annotation names."""

from pali_tf.importing.images import read_image
from pali_tf.importing.options import Options
from pali_tf.webli import records


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
