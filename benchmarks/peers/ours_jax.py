"""Our side, on JAX: decoding, and the training step of the engine."""

import functools
from typing import Any

import jax

from benchmarks.peers import workload
from benchmarks.peers.our_weights import make_weights
from benchmarks.peers.worker import serve, timed
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.models.functional import unflatten
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import host_memory
from pali_tf.training.model import PaliTrainingModel


class Ours:
    """The model, its compiled step and its compiled decoder."""

    def __init__(self) -> None:
        # Only the last one's: each holds what XLA compiled.
        self._decoders: dict[tuple[int, int], Any] = {}

    def load(self, folder: str | None, size: str, task: str) -> dict[str, Any]:
        """Puts the weights onto the device."""
        self.config = workload.SIZES[size]
        self.model = PaliTrainingModel(
            config=self.config,
            loss_normalizing_factor="NUM_REAL_TARGET_TOKENS",
        )
        functional = self.model.functional
        values = make_weights(folder, functional.specs)
        if task == "train_step":
            # As `pali train` does; after the reading, of which nothing stays.
            host_memory.keep_between_steps()
        self.params = unflatten(
            {
                path: jax.device_put(values.pop(path))
                for path in functional.specs
            }
        )
        return {"parameters": functional.num_parameters}

    @functools.cached_property
    def _compiled_step(self) -> Any:
        def loss(params: Any, batch: Any) -> Any:
            return self.model.loss_fn(params, batch, None)[0]

        return jax.jit(PjitPartitioner().on_mesh(jax.value_and_grad(loss)))

    def train_step(self, batch_size: int, length: int) -> dict[str, Any]:
        """Computes the loss and the gradient of every parameter."""
        batch = workload.make_batch(self.config, batch_size, length)

        def run() -> float:
            value, gradients = jax.block_until_ready(
                self._compiled_step(self.params, batch)
            )
            del gradients
            return float(value)

        return timed(run)

    def decode(
        self, batch_size: int, num_beams: int, length: int
    ) -> dict[str, Any]:
        """Decodes a batch; the first call of a cell compiles."""
        key = (num_beams, length)
        if key not in self._decoders:
            self._decoders = {key: self._make_decode(num_beams, length)}
        batch = workload.make_batch(self.config, batch_size, length)
        return timed(
            lambda: jax.device_get(
                self._decoders[key](self.params, batch).tokens[:, 0]
            )
        )

    def _make_decode(self, num_beams: int, length: int) -> Any:
        # No brevity penalty: sums of log-probabilities, as the peer is set.
        config = DecodingConfig(num_beams=num_beams, alpha=0.0)

        def run(params: Any, batch: Any) -> Any:
            return self.model.functional.call(
                decode,
                params,
                batch["images"],
                batch["image_mask"],
                batch["encoder_input_tokens"],
                config=config,
                max_decode_len=length,
                num_pieces=min(
                    workload.NUM_PIECES, self.config.language.vocab_size
                ),
            )

        return jax.jit(run)


if __name__ == "__main__":
    serve(Ours())
