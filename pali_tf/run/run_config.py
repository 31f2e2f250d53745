"""What a run does when, and what its entry point adds to the loop."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pali_tf.errors import UserError, nearest
from pali_tf.run.metric_writer import MetricWriter
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from pali_tf.training.train_state import TrainState


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run does when; what `pali train` takes too is told there.

    Attributes:
        task_names: the task names behind task_id.
        data: what the run is trained on (identity.of_data).
    """

    model_dir: str
    total_steps: int
    relative_steps: int | None = None
    stats_period: int = 100
    eval_period: int = 0
    checkpoint: CheckpointConfig = CheckpointConfig()
    task_names: Sequence[str] = ()
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    profile_steps: range | None = None

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if self.stats_period < 1:
            raise UserError(
                f"stats_period must be >= 1, got {self.stats_period}."
            )
        save = self.checkpoint.save
        if save is not None and save.keep_best:
            self._check_best(save)

    def _check_best(self, save: SaveCheckpointConfig) -> None:
        if self.eval_period < 1 or save.period % self.eval_period:
            raise UserError(
                f"keep_best needs an evaluation at every checkpoint: "
                f"eval_period is {self.eval_period}, which does not divide "
                f"the checkpoints' period, {save.period}."
            )
        names = [
            f"{kind}{task}"
            for kind in ("loss", "accuracy")
            for task in ("", *(f"/{name}" for name in self.task_names))
        ]
        if save.best_metric not in names:
            raise UserError(
                "The evaluation gives no number for best_metric to be "
                f"{save.best_metric!r}{nearest(save.best_metric, names)}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hooks:
    """What the entry point adds to the loop.

    Attributes:
        batches_from: index of a batch -> the batches from there on.
        eval_batches: () -> the batches of one teacher-forced evaluation.
        infer_eval: (state, step) -> None, an evaluation that decodes.
        check_state: (state to start from) -> None, which raises where the
            run must not begin.
        before_first_step: (step, writer) -> None, called when all is built;
            the writer is that of the training's numbers.
    """

    batches_from: Callable[[int], Iterator[Any]]
    eval_batches: Callable[[], Iterable[Any]] | None = None
    infer_eval: Callable[[TrainState, int], None] | None = None
    check_state: Callable[[TrainState], None] | None = None
    before_first_step: Callable[[int, MetricWriter], None] | None = None
