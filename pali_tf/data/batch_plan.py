"""Which example each row of each batch is: lanes, draws and counts.

Rows of a batch are shared out to lanes, [l B / L, (l + 1) B / L) to lane l. A
lane draws a task for each row, and reads the next example of its part of that
task's data. So a batch is the same whichever processes read its rows.

SeqIO's own sampling has a state; this has none, so training can start at any
step and know at once how many examples of each task came before.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pali_tf.data.permutation import mix, permute
from pali_tf.errors import UserError

# Hosts of a pod that read rows of their own; more would read some twice.
_MOST_LANES = 256
# Rows that are planned at once.
_ROWS = 4096
# Draws of a lane that have the rates, as far as whole numbers can.
_PERIOD = 4096
# Periods until the grid of a period is where it was.
_TURN = 256


def num_lanes(batch_size: int) -> int:
    """Gives L, which divides B."""
    return math.gcd(batch_size, _MOST_LANES)


@dataclasses.dataclass(frozen=True)
class Rows:
    """Some rows of some batches, in order; each is int64[N].

    Attributes:
        tasks: the task's number.
        lanes: who reads it.
        counts: how many examples of the task the lane has read before.
    """

    tasks: np.ndarray
    lanes: np.ndarray
    counts: np.ndarray

    def __getitem__(self, which: slice | np.ndarray) -> "Rows":
        """Gives a part of the rows."""
        return Rows(self.tasks[which], self.lanes[which], self.counts[which])


class BatchPlan:
    """The rows of a process, batch after batch; without `rows`, all B."""

    def __init__(
        self,
        rates: Mapping[str, float],
        batch_size: int,
        seed: int,
        rows: Sequence[int] | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._mixing = Mixing(dict(rates), seed)
        self._share = batch_size // num_lanes(batch_size)
        wanted = np.arange(batch_size) if rows is None else np.asarray(rows)
        self._lanes = np.unique(wanted // self._share)
        read = self._lanes[:, None] * self._share + np.arange(self._share)
        self._is_wanted = np.isin(read.ravel(), wanted)
        self._num_rows = len(wanted)
        self._num_steps = max(_ROWS // batch_size, 1)
        # All tasks of a mixture look at the same rows.
        self._chunk = functools.lru_cache(maxsize=4)(self._plan)

    def from_step(self, step: int) -> Iterator[Rows]:
        """Yields the rows of batch `step` and all after it, many at a time."""
        chunk, passed = divmod(step, self._num_steps)
        yield self._chunk(chunk)[passed * self._num_rows :]
        while True:
            chunk += 1
            yield self._chunk(chunk)

    def counts_before(self, step: int) -> np.ndarray:
        """Counts the examples before a step: int64[lanes that are read, K]."""
        end = step * self._share
        return np.stack([self._mixing.counts(n, end) for n in self._lanes])

    def _plan(self, chunk: int) -> Rows:
        first = chunk * self._num_steps
        places = first * self._share + np.arange(self._num_steps * self._share)
        shape = (len(self._lanes), len(places))
        lanes = np.repeat(self._lanes, len(places))
        tasks = self._mixing.tasks(lanes, np.tile(places, len(self._lanes)))
        tasks = tasks.reshape(shape)
        before = self.counts_before(first)
        counts = np.zeros(shape, np.int64)
        for task, seen in enumerate(before.T):
            is_task = tasks == task
            ranks = np.cumsum(is_task, axis=1) - 1
            counts = np.where(is_task, seen[:, None] + ranks, counts)
        return Rows(
            self._by_row(tasks),
            self._by_row(lanes.reshape(shape)),
            self._by_row(counts),
        )

    def _by_row(self, by_lane: np.ndarray) -> np.ndarray:
        """From [lanes, steps x rows of a lane] to the wanted rows, in order."""
        apart = by_lane.reshape(len(self._lanes), self._num_steps, -1)
        by_step = apart.swapaxes(0, 1).reshape(self._num_steps, -1)
        return by_step[:, self._is_wanted].ravel()


class Mixing:
    """The draws of each lane of a run: the task, a function of (seed, place).

    A lane's draws come in periods. A period draws each task as often as its
    share of so many grid points on [0, 1) says, in a random order; the grid
    moves a little from one period to the next, so a whole turn of periods has
    the rates to one in a million.

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
        """Draws the tasks, in [0, K), of places among the lanes' draws."""
        period, place = np.divmod(places, _PERIOD)
        moved = permute(place, _PERIOD, mix(self._seed, lanes, period))
        return self._tasks(moved / _PERIOD + self._shift(period))

    def counts(self, lane: int, end: int) -> np.ndarray:
        """Counts the tasks of a lane's draws before place `end`: int64[K]."""
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
