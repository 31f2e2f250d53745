"""mT5 without an image, as a model that our trainer takes."""

import dataclasses
import functools

import keras
from keras import ops

from pali_tf.layers.initializers import RandomNormal
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.mt5.decoder import Decoder
from pali_tf.models.mt5.encoder import Encoder
from pali_tf.models.precision import keras_policy
from pali_tf.training.model import PaliTrainingModel
from pali_tf.types import Array, Batch


class MT5(keras.Model):
    """Text in, text out: the language part of PaLI alone."""

    def __init__(self, config: MT5Config, **kwargs):
        policy = keras_policy(config.dtype)
        super().__init__(dtype=policy, **kwargs)
        self.token_embedder = keras.layers.Embedding(
            config.vocab_size,
            config.emb_dim,
            embeddings_initializer=RandomNormal(stddev=1.0),
            dtype=policy,
            name="token_embedder",
        )
        self.encoder = Encoder(config, name="encoder")
        self.decoder = Decoder(config, name="decoder")

    def build(self, input_shape: object = None) -> None:
        """Builds every part; the shapes follow from the configuration."""
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
            model = MT5(self.config.language, name="mt5")
            model.build()
            return model

        return FunctionalModel(build)
