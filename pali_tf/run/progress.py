"""How fast a run goes and how long it still takes."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator

from pali_tf.training.metrics import MetricSums


@dataclasses.dataclass(frozen=True)
class Rates:
    """Speed over the last interval.

    Attributes:
        images_per_second: examples that carry an image.
        tokens_per_second: encoder tokens that are not padding, and target
            tokens.
        paused_seconds_per_step: what evaluations and saves took, shared among
            all steps so far; the rates leave it out.
    """

    images_per_second: float
    tokens_per_second: float
    steps_per_second: float
    paused_seconds_per_step: float = 0.0

    def seconds_for(self, num_steps: int) -> float:
        """Gives how long so many steps take, with the pauses among them."""
        seconds = 1 / max(self.steps_per_second, 1e-9)
        return num_steps * (seconds + self.paused_seconds_per_step)


class Stopwatch:
    """Measures the rates between two readings.

    Args:
        sums: the metric sums at the start, as numpy arrays: a resumed run
            begins with sums of steps that another process made.
    """

    def __init__(
        self, sums: MetricSums, clock: Callable[[], float] = time.monotonic
    ):
        self._clock = clock
        self._start = clock()
        self._base = sums
        self._paused_seconds = 0.0
        self._total_paused_seconds = 0.0
        self._total_steps = 0

    def read(self, sums: MetricSums) -> Rates:
        """Gives the rates since the last reading and starts anew from zero.

        Args:
            sums: the metric sums now, about to be set to zero.
        """
        now = self._clock()
        seconds = max(now - self._start - self._paused_seconds, 1e-9)
        base = self._base
        images = int(sums.num_images) - int(base.num_images)
        tokens = (
            sums.count_input_tokens()
            - base.count_input_tokens()
            + float(sums.num_tokens.sum())
            - float(base.num_tokens.sum())
        )
        steps = int(sums.num_steps) - int(base.num_steps)
        self._start = now
        self._paused_seconds = 0.0
        self._total_steps += steps
        self._base = dataclasses.replace(
            sums,
            num_images=0,
            num_input_tokens=0,
            num_carries=0,
            num_steps=0,
            num_tokens=sums.num_tokens * 0,
        )
        return Rates(
            images / seconds,
            tokens / seconds,
            steps / seconds,
            self._total_paused_seconds / max(self._total_steps, 1),
        )

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leaves out the time that its block takes.

        The device must have done the steps before: else they would be counted
        and their time would not.
        """
        start = self._clock()
        yield
        seconds = self._clock() - start
        self._paused_seconds += seconds
        self._total_paused_seconds += seconds


def format_seconds(seconds: float) -> str:
    """Formats a duration.

    Example: 3725 gives "1:02:05", 65 gives "1:05".
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}"


def format_line(
    step: int,
    total_steps: int,
    *,
    loss: float,
    accuracy: float,
    learning_rate: float,
    rates: Rates,
) -> str:
    """Formats the one line a logging point shows."""
    left = rates.seconds_for(total_steps - step)
    return (
        f"step {step}/{total_steps}  loss {loss:.4f}  "
        f"token accuracy {accuracy:.3f}  lr {learning_rate:.2e}  "
        f"{rates.images_per_second:.0f} images/s  "
        f"{rates.tokens_per_second:.0f} tokens/s  "
        f"{format_seconds(left)} left"
    )
