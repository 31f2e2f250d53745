"""The numbers of a run's checkpoints, which come after they are saved.

`<model_dir>/evaluations.json` holds {step: {name: number}}. A checkpoint
whose step is not in it was not evaluated, or not to the end.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import jax

from pali_tf import files
from pali_tf.training.configs import SaveCheckpointConfig

_FILE = "evaluations.json"


class Evaluations:
    """What the evaluations of a MODEL_DIR's checkpoints gave.

    Every process of a run has one, and notes the same; the first writes.
    """

    def __init__(self, model_dir: str | os.PathLike[str]):
        self._path = files.as_path(model_dir) / _FILE
        stored = (
            json.loads(self._path.read_text()) if self._path.is_file() else {}
        )
        self._numbers: dict[int, dict[str, float]] = {
            int(step): numbers for step, numbers in stored.items()
        }

    def note(self, step: int, numbers: Mapping[str, float]) -> None:
        """Notes that a step is evaluated, with what came out."""
        self._numbers[step] = dict(numbers)
        self._write()

    def has(self, step: int) -> bool:
        """Tells whether a step is evaluated."""
        return step in self._numbers

    def forget_after(self, step: int) -> None:
        """Forgets later steps: they come again."""
        later = [number for number in self._numbers if number > step]
        for number in later:
            del self._numbers[number]
        if later:
            self._write()

    def _write(self) -> None:
        if jax.process_index() == 0:
            files.write_whole(self._path, json.dumps(self._numbers))

    def value(self, step: int, config: SaveCheckpointConfig) -> float | None:
        """Gives what a step is judged by, the lower the better.

        None: it is not evaluated, or gave no number.
        """
        found = self._numbers.get(step, {}).get(config.best_metric, math.nan)
        if math.isnan(found):
            return None
        return found if config.best_mode == "min" else -found


class BestPolicy:
    """orbax's preservation policy: the best so far stay.

    orbax asks at each save, when the checkpoints before are evaluated.
    """

    def __init__(self, evaluations: Evaluations, config: SaveCheckpointConfig):
        self._evaluations = evaluations
        self._config = config

    def should_preserve(
        self, checkpoints: Sequence[Any], *, context: Any
    ) -> Sequence[bool]:
        """Tells of each checkpoint whether it is among the best."""
        del context
        values = {
            info.step: value
            for info in checkpoints
            if (value := self._evaluations.value(info.step, self._config))
            is not None
        }
        best = sorted(values, key=lambda step: values[step])
        kept = best[: self._config.keep_best]
        return [info.step in kept for info in checkpoints]
