"""What a run file binds where T5X runs it: T5X's own objects.

Each name takes the native engine's fields, which are checked as there, and
gives T5X's object. A field that T5X has not is an error as soon as it is set
to something: nothing of a run file is dropped in silence.

T5X is on no package index, so it is imported by name (docs/T5X.md).
"""

import contextlib
import dataclasses
import importlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jax
from clu import metric_writers
from jax.sharding import NamedSharding

from pali_tf.engines.t5x import optimizers
from pali_tf.engines.t5x.evaluator import Evaluator
from pali_tf.engines.t5x.model import T5XPaliModel
from pali_tf.engines.t5x.parameters import RestoreCheckpointConfig
from pali_tf.errors import UserError
from pali_tf.layers.activation_sharding import activation_sharding_scope
from pali_tf.partitioning import axis_rules, shardings
from pali_tf.training import configs
from pali_tf.training import model as native_model
from pali_tf.training.metrics import MetricSums
from pali_tf.training.schedules import create_learning_rate_scheduler
from pali_tf.types import LogicalAxes

_metrics = importlib.import_module("t5x.metrics")
_partitioning = importlib.import_module("t5x.partitioning")
_trainer = importlib.import_module("t5x.trainer")
_utils = importlib.import_module("t5x.utils")

# create_learning_rate_scheduler is ours on both engines: T5X takes any function
# of the step.
__all__ = [
    "CheckpointConfig",
    "DatasetConfig",
    "Evaluator",
    "PaliTrainingModel",
    "PjitPartitioner",
    "RestoreCheckpointConfig",
    "SaveCheckpointConfig",
    "Trainer",
    "create_learning_rate_scheduler",
    "standard_logical_axis_rules",
]


def _translate(config: Any, theirs: Any, **more: Any) -> Any:
    """Makes T5X's object out of a native config with the same field names.

    Raises:
        UserError: a field that T5X has not, and that is not at its default.
    """
    known = inspect.signature(theirs).parameters
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name in known:
            more.setdefault(field.name, value)
        elif value != field.default:
            raise UserError(
                f"{type(config).__name__}.{field.name} is {value!r}, which "
                "T5X's engine does not have: leave it out, or run the file "
                "with ours (pali)."
            )
    return theirs(**more)


def DatasetConfig(**fields: Any) -> Any:
    """Gives t5x.utils.DatasetConfig."""
    return _translate(configs.DatasetConfig(**fields), _utils.DatasetConfig)


def SaveCheckpointConfig(**fields: Any) -> Any:
    """Gives t5x.utils.SaveCheckpointConfig, the data position saved."""
    config = configs.SaveCheckpointConfig(**fields)
    return _translate(config, _utils.SaveCheckpointConfig, save_dataset=True)


def CheckpointConfig(
    *, save: Any = None, restore: RestoreCheckpointConfig | None = None
) -> Any:
    """Gives t5x.utils.CheckpointConfig.

    `restore` is read by parameters.TrainStateInitializer, which takes
    parameters alone, from one or more checkpoints of any layout. T5X itself
    would restore one of its own, with its step and slots.
    """
    del restore
    return _utils.CheckpointConfig(save=save, restore=None)


def PjitPartitioner(**fields: Any) -> Any:
    """Gives t5x.partitioning.PjitPartitioner."""
    config = shardings.PjitPartitioner(**fields)
    return _translate(config, _partitioning.PjitPartitioner)


def standard_logical_axis_rules(**fields: Any) -> Any:
    """Gives T5X's table, with rows for the axes that only PaLI has."""
    ours = axis_rules.standard_logical_axis_rules(**fields)
    more = fields.pop("additional_rules", None) or ()
    theirs = _partitioning.standard_logical_axis_rules(**fields)
    known = {name for name, _ in (*theirs, *more)}
    missing = dict.fromkeys(name for name, _ in ours if name not in known)
    return (*theirs, *more, *missing.items())


def Trainer(
    *,
    learning_rate_fn: Any,
    num_microbatches: int | None = None,
    ema_decay: float | None = None,
    **given: Any,
) -> Any:
    """Gives T5X's trainer; `given` is what T5X's train() gives it."""
    if ema_decay is not None:
        raise UserError(
            f"Trainer.ema_decay is {ema_decay}: T5X's trainer keeps no moving "
            "average. Run the file with our engine (pali train)."
        )
    if (num_microbatches or 1) > 1:
        given["model"].check_microbatches()
    return _OurTrainer(
        learning_rate_fn=learning_rate_fn,
        num_microbatches=num_microbatches,
        **given,
    )


def PaliTrainingModel(data: Any = None, **fields: Any) -> T5XPaliModel:
    """Gives the model, with the losses of the tasks of a RunData told apart."""
    model = native_model.PaliTrainingModel(**fields)
    return T5XPaliModel(
        model=model,
        task_names=() if data is None else data.task_names,
        make_optimizer=optimizers.make_optimizer,
        rate_metrics=_rate_metrics,
        sharding_scope=_sharding_scope,
    )


class _OurTrainer(_trainer.Trainer):
    """T5X's trainer, which writes no value of a task that had no example.

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


def _rate_metrics(sums: MetricSums) -> dict[str, Any]:
    """Gives a batch's metrics that T5X divides by the time between log lines.

    They have the native engine's names.
    """
    num_tokens = sums.num_input_tokens + sums.num_tokens.sum()
    return {
        "images_per_second": _metrics.TimeRate.from_model_output(
            numerator=sums.num_images
        ),
        "tokens_per_second": _metrics.TimeRate.from_model_output(
            numerator=num_tokens
        ),
        "steps_per_second": _metrics.StepsPerTime.from_model_output(),
    }


@contextlib.contextmanager
def _sharding_scope() -> Iterator[None]:
    """Lays activations out on the mesh that T5X has entered, if any.

    T5X enters its mesh and its rules around every function it compiles.
    """
    mesh = _partitioning.pxla.thread_resources.env.physical_mesh
    if mesh.size <= 1:
        yield
        return
    rules = _partitioning.flax_partitioning.get_axis_rules()

    def constrain(x: jax.Array, axes: LogicalAxes) -> jax.Array:
        spec = shardings.activation_spec(x.shape, axes, rules, mesh)
        return jax.lax.with_sharding_constraint(x, NamedSharding(mesh, spec))

    with activation_sharding_scope(constrain):
        yield
