"""PaLI under T5X's model contract, so that T5X's own train.py trains it.

T5X never sees Keras or a Flax module: it calls the methods below and keeps
their nested dicts of arrays. No T5X is needed to import this module; what is
T5X's (optimizers, rates, its mesh) is given by pali_tf/engines/t5x/objects.py.

Differs from the native engine: frozen parameters are held in float32, since
T5X casts all parameters of a checkpoint alike. They are constants of the loss,
have no optimizer slots and get no update.

Source: google-research/t5x, t5x/models.py (BaseModel), t5x/trainer.py,
t5x/utils.py (TrainStateInitializer, get_infer_fn).
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
from flax.core import frozen_dict
from flax.linen import partitioning as flax_partitioning

from pali_tf.engines.t5x.metrics import clu_metrics
from pali_tf.errors import UserError
from pali_tf.models.functional import flatten, unflatten
from pali_tf.training import freezing, metrics
from pali_tf.training.metrics import ExampleMetrics
from pali_tf.training.model import PaliTrainingModel
from pali_tf.types import Array, Batch, Params

# Of a batch: its loss, and clu.metrics.Metric by name.
LossAndMetrics = tuple[Array, dict[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class T5XPaliModel:
    """What T5X's train() takes as its model.

    Attributes:
        model: the network, its loss and its decoding.
        make_optimizer: (the native description, the model's specs, the paths
            that train) -> T5X's optimizer.
        task_names: the names behind task_id.
        rate_metrics: sums of a batch -> metrics that T5X divides by time.
        sharding_scope: what the network is called within, so that its
            activations are laid out on T5X's mesh.
    """

    model: PaliTrainingModel
    make_optimizer: Callable[..., Any] | None = None
    task_names: tuple[str, ...] = ()
    rate_metrics: Callable[[metrics.MetricSums], dict[str, Any]] | None = None
    sharding_scope: Callable[[], AbstractContextManager[None]] = (
        contextlib.nullcontext
    )

    @functools.cached_property
    def FEATURE_CONVERTER_CLS(self) -> Any:
        """T5X's name of what turns task features into model features."""
        # TensorFlow comes in here.
        from pali_tf.data.feature_converter import PaliFeatureConverter

        return PaliFeatureConverter

    @property
    def output_vocabulary(self) -> Any:
        """The vocabulary of targets, and of prompts."""
        return self.model.vocabulary

    input_vocabulary = output_vocabulary

    @functools.cached_property
    def split(self) -> freezing.Split:
        """Which parameters train."""
        return freezing.split_paths(
            self.model.functional.specs, self.model.trainable
        )

    @functools.cached_property
    def optimizer_def(self) -> Any:
        """T5X's optimizer of what trains; None where nothing does."""
        if self.model.optimizer_def is None or self.make_optimizer is None:
            return None
        return self.make_optimizer(
            self.model.optimizer_def,
            self.model.functional.specs,
            self.split.trainable,
        )

    def check_microbatches(self) -> None:
        """Raises ValueError where parts of a batch would weigh unlike ours.

        T5X computes the normaliser of each part, we that of the whole batch.
        """
        factor = self.model.loss_normalizing_factor
        if isinstance(factor, str):
            raise UserError(
                f"loss_normalizing_factor {factor!r} is computed from each "
                "microbatch by T5X: set num_microbatches to None or the "
                "factor to a number."
            )

    def get_initial_variables(
        self, rng: Array, input_shapes: Any, input_types: Any = None
    ) -> dict[str, Any]:
        """Draws initial parameters, and names their logical axes.

        Returns:
            {"params": nested dict of float32, "params_axes": the same tree,
            `<name>_axes` for each leaf}.
        """
        del input_shapes, input_types
        axes = {
            f"{path}_axes": flax_partitioning.AxisMetadata(
                names=tuple(spec.logical_axes)
            )
            for path, spec in self.model.functional.specs.items()
        }
        return {
            "params": self.model.init(_typed_key(rng)),
            "params_axes": unflatten(axes),
        }

    def loss_fn(
        self, params: Params, batch: Batch, dropout_rng: Array | None
    ) -> LossAndMetrics:
        """Computes the loss of a batch; without a key there is no dropout.

        The metrics have the native engine's names.
        """
        flat = flatten(_nested(params))
        for path in self.split.frozen:
            flat[path] = jax.lax.stop_gradient(flat[path])
        rng = None if dropout_rng is None else _typed_key(dropout_rng)
        with self.sharding_scope():
            loss, examples = self.model.loss_fn(unflatten(flat), batch, rng)
        return loss, self._metrics(examples, batch)

    def eval_fn(self, params: Params, batch: Batch) -> LossAndMetrics:
        """Computes the loss without dropout."""
        return self.loss_fn(params, batch, None)

    def predict_batch(self, params: Params, batch: Batch) -> Array:
        """Gives int32[B, T], the tokens of the best answers."""
        return self.predict_batch_with_aux(params, batch)[0]

    def predict_batch_with_aux(
        self, params: Params, batch: Batch
    ) -> tuple[Array, dict[str, Array]]:
        """Decodes as the model's `decoding` says: int32[B, T], "scores"."""
        words = self.model.vocabulary
        with self.sharding_scope():
            tokens, aux = self.model.predict_batch_with_aux(
                _nested(params),
                batch,
                num_pieces=None if words is None else words.vocab_size,
            )
        return tokens, {"scores": aux["scores"]}

    def score_batch(self, params: Params, batch: Batch) -> Array:
        """Gives float32[B], the log-probability of each target."""
        with self.sharding_scope():
            return self.model.score_batch(_nested(params), batch)

    def _metrics(
        self, examples: ExampleMetrics, batch: Batch
    ) -> dict[str, Any]:
        names = self.task_names
        sums = metrics.add(metrics.zeros(len(names)), examples, batch, 1)
        rates = {} if self.rate_metrics is None else self.rate_metrics(sums)
        return {**clu_metrics(sums, names), **rates}


def _nested(params: Any) -> Params:
    """T5X's trees are Flax's frozen ones."""
    return frozen_dict.unfreeze(params)


def _typed_key(rng: Array) -> Array:
    """T5X's keys are raw: uint32[2]."""
    if rng.dtype == jnp.uint32:
        return jax.random.wrap_key_data(rng)
    return rng
