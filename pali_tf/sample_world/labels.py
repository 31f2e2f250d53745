"""Scene -> object labels with boxes, and labels of what is not there."""

import random

from pali_tf.sample_world import catalog, scene
from pali_tf.webli import records

_NEGATIVES = (3, 4)


def labelled_objects(
    picture: scene.Scene,
) -> tuple[records.LabelledObject, ...]:
    """Returns each object's "<color> <shape>" label and box."""
    return tuple(
        records.LabelledObject(label=thing.label, box=picture.thing_box(thing))
        for thing in picture.things
    )


def negative_labels(
    picture: scene.Scene, rng: random.Random
) -> tuple[str, ...]:
    """Returns distinct absent labels, every second one a near miss."""
    count = rng.choice(_NEGATIVES)
    found: list[str] = []
    while len(found) < count:
        kind = absent_kind(picture, rng, is_near_miss=len(found) % 2 == 0)
        label = " ".join(kind)
        if label not in found:
            found.append(label)
    rng.shuffle(found)
    return tuple(found)


def absent_kind(
    picture: scene.Scene, rng: random.Random, *, is_near_miss: bool
) -> tuple[str, str]:
    """Returns a (colour, shape) that no object has.

    A near miss shares its colour or its shape with an object.
    """
    present = {(thing.color, thing.shape) for thing in picture.things}
    while True:
        color, shape = rng.choice(catalog.COMBINATIONS)
        if is_near_miss:
            thing = rng.choice(picture.things)
            if rng.random() < 0.5:
                color = thing.color
            else:
                shape = thing.shape
        if (color, shape) not in present:
            return color, shape
