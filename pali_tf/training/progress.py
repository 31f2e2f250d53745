"""How fast a run goes and how long it still takes."""

import dataclasses
import time
from collections.abc import Callable

from pali_tf.training.metrics import MetricSums


@dataclasses.dataclass(frozen=True)
class Rates:
    """Speed over the last interval.

    Attributes:
        images_per_second: examples that carry an image.
        tokens_per_second: encoder tokens that are not padding, and target
            tokens.
        steps_per_second: steps.
    """

    images_per_second: float
    tokens_per_second: float
    steps_per_second: float


class Stopwatch:
    """Measures the rates between two readings.

    Args:
        sums: the metric sums at the start, as numpy arrays: a resumed run
            begins with sums of steps that another process made.
        clock: seconds.
    """

    def __init__(
        self, sums: MetricSums, clock: Callable[[], float] = time.monotonic
    ):
        self._clock = clock
        self._start = clock()
        self._base = sums

    def read(self, sums: MetricSums) -> Rates:
        """Gives the rates since the last reading and starts anew from zero.

        Args:
            sums: the metric sums now, about to be set to zero.
        """
        now = self._clock()
        seconds = max(now - self._start, 1e-9)
        base = self._base
        images = int(sums.num_images) - int(base.num_images)
        tokens = (
            int(sums.num_input_tokens)
            - int(base.num_input_tokens)
            + float(sums.num_tokens.sum())
            - float(base.num_tokens.sum())
        )
        steps = int(sums.num_steps) - int(base.num_steps)
        self._start = now
        self._base = dataclasses.replace(
            sums,
            num_images=0,
            num_input_tokens=0,
            num_steps=0,
            num_tokens=sums.num_tokens * 0,
        )
        return Rates(images / seconds, tokens / seconds, steps / seconds)

    def skip(self) -> None:
        """Leaves the time since the last reading out."""
        self._start = self._clock()


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
    left = (total_steps - step) / max(rates.steps_per_second, 1e-9)
    return (
        f"step {step}/{total_steps}  loss {loss:.4f}  "
        f"token accuracy {accuracy:.3f}  lr {learning_rate:.2e}  "
        f"{rates.images_per_second:.0f} images/s  "
        f"{rates.tokens_per_second:.0f} tokens/s  "
        f"{format_seconds(left)} left"
    )
