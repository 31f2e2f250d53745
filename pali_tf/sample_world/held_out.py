"""Which combinations and words only the test split may show.

A combination is (colour, shape, row, column) on the 4 x 4 grid of places. At
each place, each colour is held out with one shape and each shape with one
colour, so that neither colours nor shapes are rarer in one split than in
another: else a blind guess would be worth more in the test split.
"""

import functools
import hashlib
import random

from pali_tf.sample_world import catalog


@functools.cache
def _held_out_kinds(
    seed: int, row: int, column: int
) -> frozenset[tuple[str, str]]:
    shapes = list(catalog.SHAPES)
    random.Random(f"{seed}/held_out/{row}/{column}").shuffle(shapes)
    return frozenset(zip(catalog.COLORS, shapes, strict=True))


def is_combination_held_out(
    seed: int, color: str, shape: str, row: int, column: int
) -> bool:
    """Whether only the test split may show this object at this place."""
    return (color, shape) in _held_out_kinds(seed, row, column)


def is_word_held_out(seed: int, text: str) -> bool:
    """Whether only the test split may print this word; a hash decides."""
    digest = hashlib.blake2b(f"{seed}/word/{text}".encode(), digest_size=8)
    value = int.from_bytes(digest.digest())
    return value < catalog.HELD_OUT_WORD_SHARE * 2**64


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
