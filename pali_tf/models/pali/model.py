"""PaLI."""

import keras
from jaxtyping import Bool, Float, Float32, Int, UInt8
from keras import ops

from pali_tf.errors import UserError
from pali_tf.layers.initializers import RandomNormal
from pali_tf.models.mt5.decoder import Decoder
from pali_tf.models.mt5.encoder import Encoder
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.pali.connector import join_image_and_text, make_connector
from pali_tf.models.precision import keras_policy
from pali_tf.models.vit.encoder import VisionEncoder
from pali_tf.types import Array, Batch

_PAD = 0


class Pali(keras.Model):
    """Image and text in, text out.

    The ViT's patch tokens are projected to the width of the language part and
    stand before the embedded text in the encoder; the decoder attends to both.

    Source: PaLI section 3.1.
    """

    def __init__(self, config: PaliConfig, **kwargs):
        language = config.language
        policy = keras_policy(language.dtype)
        super().__init__(dtype=policy, **kwargs)
        self.config = config
        self.vision = VisionEncoder(config.vision, name="vision")
        self.connector = make_connector(
            language.emb_dim, config.connector_bias, policy
        )
        self.token_embedder = keras.layers.Embedding(
            language.vocab_size,
            language.emb_dim,
            embeddings_initializer=RandomNormal(stddev=1.0),
            dtype=policy,
            name="token_embedder",
        )
        self.encoder = Encoder(language, name="encoder")
        self.decoder = Decoder(language, name="decoder")

    def build(self, input_shape: object = None) -> None:
        """Builds every part; the shapes follow from the configuration."""
        self.vision.build()
        self.connector.build((None, None, self.config.vision.width))
        self.token_embedder.build()
        self.encoder.build()
        self.decoder.build()

    def encode_image(
        self, images: UInt8[Array, "B H W 3"]
    ) -> Float[Array, "B P Dv"]:
        """Gives the ViT's tokens."""
        return self.vision(images)

    def encode(
        self,
        images: UInt8[Array, "B H W 3"] | None,
        image_mask: Bool[Array, " B"],
        encoder_input_tokens: Int[Array, "B S"],
        training: bool = False,
        *,
        visual_tokens: Float[Array, "B P Dv"] | None = None,
    ) -> tuple[Float[Array, "B joined D"], Bool[Array, "B joined"]]:
        """Encodes image and text together.

        Without `images`, `visual_tokens` stand in: what the ViT gave of them
        before. Gives also which positions are real.

        Raises:
            UserError: `visual_tokens` are not of this ViT's shape.
        """
        if visual_tokens is None:
            visual_tokens = self.encode_image(images)
        else:
            visual_tokens = self._checked_tokens(visual_tokens)
        x, valid = join_image_and_text(
            self.connector(visual_tokens),
            image_mask,
            self.token_embedder(encoder_input_tokens),
            ops.not_equal(encoder_input_tokens, _PAD),
        )
        return self.encoder(x, valid, training=training), valid

    def _checked_tokens(
        self, visual_tokens: Float[Array, "..."]
    ) -> Float[Array, "B P Dv"]:
        vision = self.config.vision
        wanted = (vision.num_patches, vision.width)
        if tuple(visual_tokens.shape[1:]) != wanted:
            raise UserError(
                f"visual_tokens have shape {tuple(visual_tokens.shape)}; the "
                f"ViT gives [B, P, Dv] = (B, {wanted[0]}, {wanted[1]})."
            )
        return ops.cast(visual_tokens, self.vision.compute_dtype)

    def call(
        self, batch: Batch, training: bool = False
    ) -> Float32[Array, "B T V"]:
        """Teacher forcing over a batch of model features.

        The features are `images` or `visual_tokens`, `image_mask`,
        `encoder_input_tokens` and `decoder_input_tokens` (docs/GLOSSARY.md).
        """
        encoded, valid = self.encode(
            batch.get("images"),
            batch["image_mask"],
            batch["encoder_input_tokens"],
            training=training,
            visual_tokens=batch.get("visual_tokens"),
        )
        inputs = batch["decoder_input_tokens"]
        memory = self.decoder.make_memory(encoded, valid, inputs.shape[1])
        return self.decoder(
            self.token_embedder(inputs), memory, training=training
        )
