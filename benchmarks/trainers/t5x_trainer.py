"""T5X's trainer on its own mT5, on a batch that stays on the device."""

import importlib
import itertools
import time
from typing import Any

import jax
import numpy as np
import seqio

from benchmarks.peers.worker import serve
from benchmarks.trainers import workload
from pali_tf.models.mt5.config import MT5Config

_adafactor = importlib.import_module("t5x.adafactor")
_models = importlib.import_module("t5x.models")
_network = importlib.import_module("t5x.examples.t5.network")
_partitioning = importlib.import_module("t5x.partitioning")
_trainer = importlib.import_module("t5x.trainer")
_utils = importlib.import_module("t5x.utils")


def make_model(ours: MT5Config, dtype: str) -> Any:
    """Makes T5X's model of these sizes, with the settings of native.py."""
    config = _network.T5Config(
        vocab_size=ours.vocab_size,
        emb_dim=ours.emb_dim,
        num_heads=ours.num_heads,
        num_encoder_layers=ours.num_encoder_layers,
        num_decoder_layers=ours.num_decoder_layers,
        head_dim=ours.head_dim,
        mlp_dim=ours.mlp_dim,
        mlp_activations=("gelu", "linear"),
        dropout_rate=0.0,
        logits_via_embedding=False,
        dtype=dtype,
    )
    words = seqio.PassThroughVocabulary(ours.vocab_size)
    return _models.EncoderDecoderModel(
        module=_network.Transformer(config),
        input_vocabulary=words,
        output_vocabulary=words,
        optimizer_def=_adafactor.Adafactor(),
    )


class T5X:
    """The trainer and its batch."""

    def load(self, size: str, dtype: str) -> dict[str, Any]:
        """Compiles the step."""
        of = workload.SIZES[size]
        batch = workload.make_batch(of)
        model = make_model(of.config, dtype)
        partitioner = _partitioning.PjitPartitioner(num_partitions=1)
        initializer = _utils.TrainStateInitializer(
            optimizer_def=model.optimizer_def,
            init_fn=model.get_initial_variables,
            input_shapes={name: x.shape for name, x in batch.items()},
            input_types={name: x.dtype for name, x in batch.items()},
            partitioner=partitioner,
        )
        state = initializer.from_scratch(jax.random.PRNGKey(0))
        self.placed = jax.device_put(batch)
        self.trainer = _trainer.Trainer(
            model=model,
            train_state=state,
            partitioner=partitioner,
            eval_names=[],
            summary_dir=None,
            train_state_axes=initializer.train_state_axes,
            rng=jax.random.PRNGKey(1),
            learning_rate_fn=lambda step: 1e-3,
            num_microbatches=None,
        )
        self.trainer.compile_train(self.placed)
        self.num_steps_done = 0
        leaves = jax.tree.leaves(state.params)
        return {
            "parameters": int(sum(np.prod(x.shape) for x in leaves)),
            "devices": str(jax.devices()),
        }

    def step(self, num_steps: int) -> dict[str, Any]:
        """Times steps, with T5X's metrics, which it merges at every step."""
        jax.block_until_ready(self.trainer.train_state.params)
        begin = time.perf_counter()
        summary = self.trainer.train(
            itertools.repeat(self.placed),
            num_steps,
            start_step=self.num_steps_done,
        )
        summary.result()
        jax.block_until_ready(self.trainer.train_state.params)
        self.num_steps_done += num_steps
        return {"seconds": time.perf_counter() - begin}


if __name__ == "__main__":
    serve(T5X())
