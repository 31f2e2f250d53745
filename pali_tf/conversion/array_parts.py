"""Parts of an array, so that large ones pass in slices."""

import itertools
import math
from collections.abc import Iterator

Shape = tuple[int, ...]
# One slice with explicit bounds and step 1 for each axis.
Region = tuple[slice, ...]


def whole(shape: Shape) -> Region:
    """The region of all of an array."""
    return tuple(slice(0, size) for size in shape)


def region_shape(region: Region) -> Shape:
    """The shape of a region."""
    return tuple(s.stop - s.start for s in region)


def shifted(part: slice, offset: int) -> slice:
    """Gives a slice that begins and ends so much later."""
    return slice(part.start + offset, part.stop + offset)


def split(shape: Shape, axis: int, max_elements: int) -> Iterator[Region]:
    """Cuts an array along one axis; one row may be above `max_elements`.

    Example: list(split((5, 10), 0, 20)) has rows 0-2, 2-4 and 4-5.
    """
    if not shape:
        yield ()
        return
    row = math.prod(shape) // max(shape[axis], 1)
    step = max(max_elements // max(row, 1), 1)
    for start in range(0, max(shape[axis], 1), step):
        region = list(whole(shape))
        region[axis] = slice(start, min(start + step, shape[axis]))
        yield tuple(region)


def runs(shape: Shape, region: Region) -> Iterator[tuple[int, int]]:
    """Gives the stretches of a C-ordered array that a region covers.

    Each is (offset, length), in elements, in the region's own C order.

    Example: runs((4, 10), (slice(1, 3), slice(0, 5))) gives (10, 5), (20, 5).
    """
    if 0 in region_shape(region):
        return
    # Trailing axes that are covered whole lie in one stretch.
    inner = len(shape)
    while inner and region_shape(region)[inner - 1] == shape[inner - 1]:
        inner -= 1
    split_axis = max(inner - 1, 0)
    row = math.prod(shape[split_axis + 1 :])
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    last = region[split_axis] if shape else slice(0, 1)
    for index in itertools.product(
        *(range(s.start, s.stop) for s in region[:split_axis])
    ):
        offset = sum(
            i * stride for i, stride in zip(index, strides, strict=False)
        )
        yield offset + last.start * row, (last.stop - last.start) * row
