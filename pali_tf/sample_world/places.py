"""The English name of the place where an object is."""

from pali_tf.sample_world import scene

# Within this of the middle, as a share of the side, is the centre: the four
# inner cells of the grid (whose centres lie at 0.125), not the outer ones.
_CENTER_DISTANCE = 0.19
# Nearer than this to the border between two places, either name would do.
_DOUBT = 0.04


def place_name(picture: scene.Scene, thing: scene.Thing) -> str | None:
    """Returns "center" or the nearest corner; None where two names fit."""
    row, column = (
        center / picture.side_pixels - 0.5 for center in thing.center
    )
    distance = max(abs(row), abs(column))
    if abs(distance - _CENTER_DISTANCE) < _DOUBT:
        return None
    if distance < _CENTER_DISTANCE:
        return "center"
    if min(abs(row), abs(column)) < _DOUBT:
        return None
    vertical = "top" if row < 0 else "bottom"
    horizontal = "left" if column < 0 else "right"
    return f"{vertical} {horizontal}"
