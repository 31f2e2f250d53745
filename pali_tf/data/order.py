"""The order in which a split's examples are read: arithmetic, no state.

The examples of a split stand in blocks, which lie together on disk. An epoch
puts the blocks in a random order; so many blocks in a row are a window, and
the examples of a window come in a random order. A run reads in lanes: window v
of the whole run is lane v mod L's, so lanes share every epoch between them,
whatever the number of processes that read them.

Learned from google/grain (index_shuffle) and Beam's and tf.data's practice of
shuffling files, then a buffer.
"""

import dataclasses
import functools
import math

import numpy as np

from pali_tf.data.permutation import mix, permute

# Blocks of a window at least, so that neighbours on disk do not stay together.
_BLOCKS = 4
# Examples of a lane's window at least.
_LEAST_WINDOW = 16

# The permutations of an epoch, told apart by their salt.
_BLOCK_ORDER, _WINDOW_ORDER, _SHIFT = 1, 2, 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where some examples of a lane stand; each is int64[N].

    Attributes:
        epoch: which pass over the split.
        example: which example of the split, in [0, num_examples).
        window: which window of the lane, counted from its first.
        block: which block of the split it is read with.
    """

    epoch: np.ndarray
    example: np.ndarray
    window: np.ndarray
    block: np.ndarray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """The order of a split's examples in L lanes.

    Attributes:
        num_examples: N >= 1, of the split.
        num_lanes: L >= 1.
        seed: which order, uint64.
        most_mixed: examples that are mixed with each other, over all lanes.
        most_read: examples that are read at once, at most.
    """

    num_examples: int
    num_lanes: int
    seed: int
    most_mixed: int
    most_read: int

    @functools.cached_property
    def block(self) -> int:
        """The examples of a block; those of the split's last one are fewer."""
        return max(min(self.most_read, self._share // _BLOCKS), 1)

    @functools.cached_property
    def window(self) -> int:
        """The examples of a window; those of an epoch's last one are fewer."""
        return self._share // self.block * self.block

    @functools.cached_property
    def _share(self) -> int:
        """Gives the examples that a lane mixes with each other."""
        most = max(self.most_mixed // self.num_lanes, _LEAST_WINDOW)
        return min(most, math.ceil(self.num_examples / self.num_lanes))

    @property
    def num_windows(self) -> int:
        """The windows of an epoch."""
        return math.ceil(self.num_examples / self.window)

    def places(self, lanes: np.ndarray, counts: np.ndarray) -> Place:
        """Finds the examples that lanes read after `counts` others."""
        windows, ranks = self._windows(lanes, counts)
        numbers = lanes + windows * self.num_lanes
        epoch, number = np.divmod(numbers, self.num_windows)
        first = number * self.window
        size = np.minimum(self.num_examples - first, self.window)
        key = mix(self.seed, _WINDOW_ORDER, epoch, number)
        block, example = self._example(epoch, first + permute(ranks, size, key))
        return Place(epoch=epoch, example=example, window=windows, block=block)

    def members(self, epoch: int, block: int) -> np.ndarray:
        """Gives the examples of an epoch's block, in their order on disk."""
        first = block * self.block
        stop = min(first + self.block, self.num_examples)
        shift = int(self._shift(np.asarray(epoch)))
        return (np.arange(first, stop) + shift) % self.num_examples

    def epoch_size(self, lane: int) -> int:
        """Gives the examples of a lane in the first epoch."""
        own = range(lane, self.num_windows, self.num_lanes)
        lacking = self.window * self.num_windows - self.num_examples
        return self.window * len(own) - lacking * (self.num_windows - 1 in own)

    def _windows(
        self, lanes: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Finds (window of the lane, place in it) after so many examples.

        A lane's windows repeat in cycles of P = num_windows / gcd(L, ...):
        all of them are full, but for an epoch's last one, which a lane meets
        once in a cycle or never.
        """
        size, total = self.window, self.num_windows
        lacking = size * total - self.num_examples
        common = math.gcd(self.num_lanes, total)
        cycle = total // common
        # Window i of a lane is an epoch's last where lane + i L = -1 mod total.
        distance = (total - 1 - lanes) % total
        is_met = distance % common == 0
        inverse = pow(self.num_lanes // common, -1, cycle) if cycle > 1 else 0
        short = np.where(is_met, distance // common * inverse % cycle, cycle)
        turn, rest = np.divmod(counts, cycle * size - lacking * is_met)
        before = short * size
        # Past the short window, count as if it had been full.
        rest = rest + lacking * (rest >= before + size - lacking)
        window, rank = np.divmod(rest, size)
        return turn * cycle + window, rank

    def _example(
        self, epoch: np.ndarray, place: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Finds (block, example) at a place of an epoch's order of blocks."""
        num_full = self.num_examples // self.block
        block, offset = np.divmod(place, self.block)
        is_full = block < num_full
        if num_full:
            key = mix(self.seed, _BLOCK_ORDER, epoch)
            moved = permute(np.where(is_full, block, 0), num_full, key)
            block = np.where(is_full, moved, block)
        found = block * self.block + offset + self._shift(epoch)
        return block, found % self.num_examples

    def _shift(self, epoch: np.ndarray) -> np.ndarray:
        """Where an epoch's blocks begin.

        Else the examples of the last, short block would always come last.
        """
        drawn = mix(self.seed, _SHIFT, epoch) % np.uint64(self.num_examples)
        return drawn.astype(np.int64)
