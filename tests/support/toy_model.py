"""A model of four arrays with the engine's contract; compiles in no time.

For tests of the loop and of checkpoints, where PaLI's size only costs time.
"""

import dataclasses
import itertools
import types
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pali_tf.models.functional import VariableSpec, unflatten
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training import loss
from pali_tf.training.metrics import ExampleMetrics
from pali_tf.training.optimizer import Adafactor, OptimizerDef
from pali_tf.training.schedules import create_learning_rate_scheduler
from pali_tf.training.trainer import Trainer

VOCAB_SIZE = 16
WIDTH = 8
TASKS = ("first", "second")
SPECS = {
    "vision/kernel": VariableSpec((12, WIDTH), "float32", ("patch", "embed")),
    "token_embedder/embedding": VariableSpec(
        (VOCAB_SIZE, WIDTH), "float32", ("vocab", "embed")
    ),
    "decoder/mlp/wi/kernel": VariableSpec(
        (WIDTH, 16), "float32", ("embed", "mlp")
    ),
    "decoder/logits_dense/kernel": VariableSpec(
        (16, VOCAB_SIZE), "float32", ("mlp", "vocab_out")
    ),
}
RULES = (
    ("batch", "data"),
    ("vocab", "model"),
    ("mlp", "model"),
    ("patch", None),
    ("embed", None),
    ("vocab_out", None),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToyModel:
    """Predicts each target token from the one before it and the image."""

    optimizer_def: OptimizerDef | None = Adafactor()
    trainable: str = r"(?!vision/).*"
    loss_normalizing_factor: float | str | None = "NUM_REAL_TARGET_TOKENS"
    dropout_rate: float = 0.2
    frozen_dtype: str = "float32"
    vocabulary: Any = None
    functional = types.SimpleNamespace(specs=SPECS)

    def init(self, rng: jax.Array) -> dict:
        return unflatten(
            {
                path: jax.random.normal(jax.random.fold_in(rng, i), spec.shape)
                for i, (path, spec) in enumerate(SPECS.items())
            }
        )

    def loss_normalizer(self, batch: dict) -> jax.Array:
        return loss.normalizer(
            self.loss_normalizing_factor, batch["decoder_loss_weights"]
        )

    def loss_fn(self, params, batch, dropout_rng, normalizer=None):
        pixels = batch["images"].reshape(len(batch["images"]), -1) / 255.0
        x = params["token_embedder"]["embedding"][batch["decoder_input_tokens"]]
        x = x + (pixels @ params["vision"]["kernel"])[:, None]
        if dropout_rng is not None:
            keep = jax.random.bernoulli(
                dropout_rng, 1 - self.dropout_rate, x.shape
            )
            x = jnp.where(keep, x, 0.0)
        x = jax.nn.relu(x @ params["decoder"]["mlp"]["wi"]["kernel"])
        logits = x @ params["decoder"]["logits_dense"]["kernel"]
        targets = batch["decoder_target_tokens"]
        weights = batch["decoder_loss_weights"]
        cross_entropy, z_loss = loss.token_cross_entropy(logits, targets)
        examples = ExampleMetrics(
            cross_entropy=jnp.sum(cross_entropy * weights, -1),
            z_loss=jnp.sum(z_loss * weights, -1),
            num_correct=jnp.sum(
                (jnp.argmax(logits, -1) == targets) * weights, -1
            ),
            num_tokens=jnp.sum(weights, -1),
        )
        if normalizer is None:
            normalizer = self.loss_normalizer(batch)
        return jnp.sum(examples.cross_entropy) / normalizer, examples

    def eval_fn(self, params, batch):
        return self.loss_fn(params, batch, None)


def make_batch(index: int, batch_size: int = 8) -> dict[str, np.ndarray]:
    """Batch `index`: the same each time it is asked for."""
    rng = np.random.default_rng(index)
    targets = rng.integers(1, VOCAB_SIZE, (batch_size, 5), dtype=np.int32)
    targets[0, 3:] = 0
    return {
        "images": rng.integers(0, 256, (batch_size, 2, 2, 3), dtype=np.uint8),
        "image_mask": np.arange(batch_size) % 4 > 0,
        "encoder_input_tokens": targets,
        "decoder_input_tokens": np.pad(targets, ((0, 0), (1, 0)))[:, :-1],
        "decoder_target_tokens": targets,
        "decoder_loss_weights": (targets > 0).astype(np.float32),
        "task_id": (np.arange(batch_size) % 2).astype(np.int32),
    }


def batches_from(start: int) -> Iterator[dict[str, np.ndarray]]:
    """The batches from `start` on, for ever."""
    return map(make_batch, itertools.count(start))


def make_trainer(
    *,
    peak: float = 0.1,
    seed: int = 0,
    microbatches: int | None = None,
    ema_decay: float | None = None,
    **kw,
) -> Trainer:
    """A trainer of the toy on the devices there are."""
    return Trainer(
        model=ToyModel(**kw),
        partitioner=PjitPartitioner(logical_axis_rules=RULES),
        num_tasks=len(TASKS),
        random_seed=seed,
        learning_rate_fn=create_learning_rate_scheduler(
            factors="constant", base_learning_rate=peak
        ),
        num_microbatches=microbatches,
        ema_decay=ema_decay,
    )
