"""Our side, on JAX: the training step as the engine compiles it."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers import workload
from benchmarks.peers.our_model import make_batch, make_config, read_weights
from benchmarks.peers.worker import serve, timed
from pali_tf.models.functional import unflatten
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.run import host_memory
from pali_tf.training.model import PaliTrainingModel


class Ours:
    """The model and its compiled step."""

    def load(self, folder: str, sizes: dict[str, Any]) -> dict[str, Any]:
        """Reads the weights onto the device."""
        self.sizes = workload.Sizes(**sizes)
        self.model = PaliTrainingModel(
            config=make_config(self.sizes),
            loss_normalizing_factor="NUM_REAL_TARGET_TOKENS",
        )
        self.params = jax.tree.map(jnp.asarray, unflatten(read_weights(folder)))
        return {"parameters": self.model.functional.num_parameters}

    @functools.cached_property
    def _compiled_step(self) -> Any:
        def loss(params: Any, batch: Any) -> Any:
            return self.model.loss_fn(params, batch, None)[0]

        return jax.jit(PjitPartitioner().on_mesh(jax.value_and_grad(loss)))

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
    host_memory.keep_between_steps()  # As `pali train` does.
    ours = Ours()
    serve({"load": ours.load, "train_step": ours.train_step})


if __name__ == "__main__":
    main()
