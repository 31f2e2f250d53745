"""Which combinations and words only the test split may show.

A combination is (colour, shape, row, column) on the 4 x 4 grid of places. The
choice is a hash of the seed and the thing itself, so that it needs no list
and no order.
"""

import functools
import hashlib

from pali_tf.webli.sample import catalog, scene


def _is_in_share(key: str) -> bool:
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest) < catalog.HELD_OUT_SHARE * 2**64


@functools.cache
def is_combination_held_out(
    seed: int, color: str, shape: str, row: int, column: int
) -> bool:
    """Whether only the test split may show this object at this place."""
    return _is_in_share(f"{seed}/combination/{color}/{shape}/{row}/{column}")


def is_word_held_out(seed: int, text: str) -> bool:
    """Whether only the test split may print this word."""
    return _is_in_share(f"{seed}/word/{text}")


@functools.cache
def kinds_at(
    seed: int, row: int, column: int, *, is_test: bool
) -> tuple[tuple[str, str], ...]:
    """Returns the (colour, shape) pairs that a split may show at a place."""
    return tuple(
        (color, shape)
        for color, shape in catalog.COMBINATIONS
        if is_combination_held_out(seed, color, shape, row, column) == is_test
    )


@functools.cache
def cells(seed: int, *, is_test: bool) -> tuple[tuple[int, int], ...]:
    """Returns the places at which a split may show anything at all."""
    return tuple(
        (row, column)
        for row in range(scene.GRID)
        for column in range(scene.GRID)
        if kinds_at(seed, row, column, is_test=is_test)
    )
