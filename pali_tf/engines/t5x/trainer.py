"""T5X's trainer, which writes no value of a task that had no example."""

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from clu import metric_writers

_trainer = importlib.import_module("t5x.trainer")


class Trainer(_trainer.Trainer):
    """T5X's trainer.

    Args:
        eval_names: of the datasets that the loss is evaluated on.
        summary_dir: MODEL_DIR.
        **given: what else T5X's trainer takes.

    Source: google-research/t5x, t5x/trainer.py (BaseTrainer).
    """

    def __init__(
        self, *, eval_names: Iterable[str], summary_dir: str, **given: Any
    ):
        super().__init__(eval_names=(), summary_dir=None, **given)
        self.train_metrics_manager.close()
        self.train_metrics_manager = _MetricsManager("train", summary_dir)
        self.eval_metrics_managers = {
            name: _MetricsManager(f"training_eval/{name}", summary_dir)
            for name in eval_names
        }


class _MetricsManager(_trainer.MetricsManager):
    def _create_writer(self, name: str, summary_dir: str | None = None) -> Any:
        return _KnownValues([super()._create_writer(name, summary_dir)])


class _KnownValues(metric_writers.MultiWriter):
    def write_scalars(self, step: int, scalars: Mapping[str, Any]) -> None:
        known = {k: value for k, value in scalars.items() if value is not None}
        super().write_scalars(step, known)
