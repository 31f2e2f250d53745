"""Which task each example of a mixture is of: a function of (seed, place).

SeqIO's own sampling has a state; this has none, so training can start at any
step and know at once how many examples of each task came before.

A lane's draws come in periods. A period draws each task as often as its share
of so many grid points on [0, 1) says, in a random order; the grid moves a
little from one period to the next, so a whole turn of periods has the rates to
one in a million.
"""

import numpy as np

from pali_tf.data.permutation import mix, permute
from pali_tf.errors import UserError

_PERIOD = 4096
# Periods until the grid is where it was.
_TURN = 256


class Mixing:
    """The draws of each lane of a run.

    Args:
        rates: K relative rates by task, > 0.
        seed: uint64.

    Raises:
        UserError: a rate is too small to be drawn.
    """

    def __init__(self, rates: dict[str, float], seed: int) -> None:
        self._seed = seed
        shares = np.array(list(rates.values()), np.float64)
        self._bounds = np.cumsum(shares / shares.sum())[:-1]
        grid = np.arange(_PERIOD) / _PERIOD
        counts = [
            np.bincount(self._tasks(grid + shift), minlength=len(rates))
            for shift in self._shift(np.arange(_TURN))
        ]
        # Of the periods before each one of a turn, and of all of them.
        self._before = np.cumsum([np.zeros_like(counts[0]), *counts], axis=0)
        for name, count in zip(rates, self._before[-1], strict=True):
            if count == 0:
                raise UserError(
                    f"The rate of {name} is {rates[name]} of "
                    f"{shares.sum():g}: it would never be drawn. One in "
                    f"{_PERIOD * _TURN:,} is the least."
                )

    def tasks(self, lanes: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Draws: the tasks, int64[N] in [0, K), of some draws of lanes.

        Args:
            lanes: int64[N].
            places: int64[N]. Each one's place among its lane's draws.
        """
        period, place = np.divmod(places, _PERIOD)
        moved = permute(place, _PERIOD, mix(self._seed, lanes, period))
        return self._tasks(moved / _PERIOD + self._shift(period))

    def counts(self, lane: int, end: int) -> np.ndarray:
        """Counts the examples of each task in a lane's first draws: int64[K].

        Args:
            lane: which.
            end: how many draws.
        """
        period, length = divmod(end, _PERIOD)
        turns, number = divmod(period, _TURN)
        places = period * _PERIOD + np.arange(length)
        drawn = self.tasks(np.full(length, lane), places)
        return (
            turns * self._before[-1]
            + self._before[number]
            + np.bincount(drawn, minlength=self._before.shape[1])
        )

    def _tasks(self, points: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._bounds, points, side="right")

    def _shift(self, period: np.ndarray) -> np.ndarray:
        """Where the grid of a period begins: in [0, 1 / _PERIOD)."""
        return (period % _TURN) / (_PERIOD * _TURN)
