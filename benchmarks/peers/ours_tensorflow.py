"""Our side, on TensorFlow: the training step as `keras.Model.fit` takes it."""

import os

# Before Keras is imported.
os.environ["KERAS_BACKEND"] = "tensorflow"

from typing import Any

import keras
import tensorflow as tf

from benchmarks.peers import workload
from benchmarks.peers.our_weights import make_weights
from benchmarks.peers.worker import serve, timed
from pali_tf.layers.initializers import no_draws_scope
from pali_tf.models.pali.model import Pali
from pali_tf.models.parameter_path import parameters_by_path


class Ours:
    """The model and its traced step."""

    def load(self, folder: str | None, size: str, task: str) -> dict[str, Any]:
        """Puts the weights into the model."""
        del task
        self.config = workload.SIZES[size]
        self.model = Pali(self.config)
        with no_draws_scope():
            self.model.build()
        parameters = parameters_by_path(self.model)
        values = make_weights(folder, parameters)
        for name, parameter in parameters.items():
            parameter.assign(values.pop(name))
        if values:
            raise ValueError(f"The model has no {sorted(values)}.")
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        # XLA would be slower here: that is what JAX runs on.
        self.step = tf.function(self._step, reduce_retracing=False)
        return {"parameters": self.model.count_params()}

    def _step(self, batch: dict[str, tf.Tensor]) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            logits = self.model(batch, training=True)
            loss = self.loss(batch["decoder_target_tokens"], logits)
        variables = [v.value for v in self.model.trainable_variables]
        # Whole arrays, as the peer's, though tokens touch few rows.
        return loss, [
            tf.convert_to_tensor(gradient)
            for gradient in tape.gradient(loss, variables)
        ]

    def train_step(self, batch_size: int, length: int) -> dict[str, Any]:
        """Computes the loss and the gradient of every parameter."""
        batch = {
            name: tf.constant(values)
            for name, values in workload.make_batch(
                self.config, batch_size, length
            ).items()
        }

        def run() -> float:
            loss, gradients = self.step(batch)
            del gradients
            return float(loss)

        return timed(run)


if __name__ == "__main__":
    serve(Ours())
