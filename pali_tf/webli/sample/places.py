"""The English name of the place where an object is."""

from pali_tf.webli.sample import scene

# Within this of the middle, as a share of the side, is the centre: the four
# inner cells of the grid (whose centres lie at 0.125), not the outer ones.
_CENTER_DISTANCE = 0.19


def place_name(picture: scene.Scene, thing: scene.Thing) -> str:
    """Returns "center" or the corner that the object is nearest to."""
    row, column = (
        center / picture.side_pixels - 0.5 for center in thing.center
    )
    if abs(row) < _CENTER_DISTANCE and abs(column) < _CENTER_DISTANCE:
        return "center"
    vertical = "top" if row < 0 else "bottom"
    horizontal = "left" if column < 0 else "right"
    return f"{vertical} {horizontal}"
