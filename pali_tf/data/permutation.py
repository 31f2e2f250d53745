"""Random permutations of 0 ... size-1, of which any place is told at once.

No list is held: place n of a permutation of a billion takes as long as of ten.
A Feistel network is a permutation of the numbers of 2b bits; where a number
falls outside [0, size), it is put through again until it falls inside.

Source: Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002.
"""

import numpy as np

# Of few bits, fewer rounds would prefer some permutations.
_ROUNDS = 8


def permute(
    places: np.ndarray, sizes: np.ndarray | int, key: np.ndarray
) -> np.ndarray:
    """Gives what stands at some places: int64[N], each in [0, size).

    Args:
        places: int64[N], each in [0, size).
        sizes: of each one's permutation, or of all, >= 1.
        key: uint64, which permutation each one's is, or all are.
    """
    sizes = np.broadcast_to(np.asarray(sizes, np.int64), places.shape)
    key = np.broadcast_to(np.asarray(key, np.uint64), places.shape)
    half_bits = np.array([_half_bits(int(s)) for s in np.unique(sizes)])
    bits = half_bits[np.searchsorted(np.unique(sizes), sizes)].astype(np.uint64)
    result = _encrypt(places.astype(np.uint64), bits, key)
    outside = np.flatnonzero(result >= sizes.astype(np.uint64))
    while outside.size:
        again = _encrypt(result[outside], bits[outside], key[outside])
        result[outside] = again
        outside = outside[again >= sizes[outside].astype(np.uint64)]
    return result.astype(np.int64)


def mix(*numbers: np.ndarray | int) -> np.ndarray:
    """Scrambles some numbers into one: uint64[N], or of what they broadcast to.

    Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
        Generators", OOPSLA 2014 (the constants are David Stafford's Mix13).
    """
    mixed = np.asarray(0, np.uint64)
    with np.errstate(over="ignore"):
        for number in numbers:
            word = np.asarray(number).astype(np.uint64)
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + word
            mixed = mixed + np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(
                0xBF58476D1CE4E5B9
            )
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(
                0x94D049BB133111EB
            )
            mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def _half_bits(size: int) -> int:
    """Gives b of the smallest 2b bits that hold size - 1; at least 1."""
    return max(((size - 1).bit_length() + 1) // 2, 1)


def _encrypt(
    numbers: np.ndarray, half_bits: np.ndarray, key: np.ndarray
) -> np.ndarray:
    mask = (np.uint64(1) << half_bits) - np.uint64(1)
    left, right = numbers >> half_bits, numbers & mask
    for turn in range(_ROUNDS):
        left, right = right, left ^ (mix(key, turn, right) & mask)
    return (left << half_bits) | right
