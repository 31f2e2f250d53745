"""mT5 without an image, as a model that our trainer takes."""

import dataclasses
import functools

from keras import ops

from pali_tf.models.functional import FunctionalModel
from pali_tf.models.pali.model import Pali
from pali_tf.training.model import PaliTrainingModel
from pali_tf.types import Array, Batch


class MT5(Pali):
    """Text in, text out: the language part of PaLI alone."""

    def build(self, input_shape: object = None) -> None:
        """Builds it; the ViT stays without parameters."""
        self.token_embedder.build()
        self.encoder.build()
        self.decoder.build()

    def call(self, batch: Batch, training: bool = False) -> Array:
        """Gives float32[B, T, V], the logits of teacher forcing."""
        tokens = batch["encoder_input_tokens"]
        valid = ops.not_equal(tokens, 0)
        encoded = self.encoder(
            self.token_embedder(tokens), valid, training=training
        )
        inputs = batch["decoder_input_tokens"]
        memory = self.decoder.make_memory(encoded, valid, inputs.shape[1])
        return self.decoder(
            self.token_embedder(inputs), memory, training=training
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTrainingModel(PaliTrainingModel):
    """PaliTrainingModel over the language part of its configuration."""

    @functools.cached_property
    def functional(self) -> FunctionalModel:
        """The pure functions of the language part."""

        def build() -> MT5:
            model = MT5(self.config, name="mt5")
            model.build()
            return model

        return FunctionalModel(build)
