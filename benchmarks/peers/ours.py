"""Our side, on JAX."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers import workload
from benchmarks.peers.our_model import make_batch, make_config, read_weights
from benchmarks.peers.worker import serve, timed
from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.models.functional import unflatten
from pali_tf.training.model import PaliTrainingModel


class Ours:
    """The model and its compiled functions."""

    def __init__(self) -> None:
        # Only the last one's: each holds what XLA compiled.
        self._decoders: dict[tuple[int, int], Any] = {}

    def load(self, folder: str, sizes: dict[str, Any]) -> dict[str, Any]:
        """Reads the weights onto the device."""
        self.sizes = workload.Sizes(**sizes)
        self.model = PaliTrainingModel(
            config=make_config(self.sizes),
            loss_normalizing_factor="NUM_REAL_TARGET_TOKENS",
        )
        self.params = jax.tree.map(jnp.asarray, unflatten(read_weights(folder)))
        return {"parameters": self.model.functional.num_parameters}

    def _compiled_decode(self, num_beams: int, length: int) -> Any:
        key = (num_beams, length)
        if key not in self._decoders:
            self._decoders = {key: self._make_decode(num_beams, length)}
        return self._decoders[key]

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
                num_pieces=workload.NUM_PIECES,
            )

        return jax.jit(run)

    def decode(
        self, batch_size: int, num_beams: int, length: int
    ) -> dict[str, Any]:
        """Decodes a batch; the first call of a cell compiles."""
        run = self._compiled_decode(num_beams, length)
        batch = make_batch(self.sizes, batch_size, length)
        return timed(
            lambda: jax.device_get(run(self.params, batch).tokens[:, 0])
        )

    @functools.cached_property
    def _compiled_step(self) -> Any:
        def loss(params: Any, batch: Any) -> Any:
            return self.model.loss_fn(params, batch, None)[0]

        return jax.jit(jax.value_and_grad(loss))

    def train_step(self, batch_size: int, length: int) -> dict[str, Any]:
        """Computes the loss and the gradient of every parameter."""
        batch = make_batch(self.sizes, batch_size, length)

        def run() -> float:
            value, gradients = jax.block_until_ready(
                self._compiled_step(self.params, batch)
            )
            del gradients
            return float(value)

        return timed(run)


def main() -> None:
    """Serves."""
    ours = Ours()
    serve(
        {
            "load": ours.load,
            "decode": ours.decode,
            "train_step": ours.train_step,
        }
    )


if __name__ == "__main__":
    main()
