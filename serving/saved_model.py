"""A Pali on the TensorFlow backend as a SavedModel: bytes in, text out.

Everything is in the graph, in plain TensorFlow and TF.Text ops: decoding of
the image, tokeniser, model, search. So TensorFlow's stock server runs it, and
a process that holds tensorflow and tensorflow_text loads it.
"""

import dataclasses
from pathlib import Path

import keras
import tensorflow as tf

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.score import score_targets
from pali_tf.errors import UserError
from pali_tf.models.pali.model import Pali
from serving.graph_checks import checked
from serving.request_images import decode_images
from serving.request_text import TextCodec
from serving.signatures import (
    ANSWER_SIGNATURE,
    EMBED_SIGNATURE,
    IMAGE_BYTES,
    NUM_TOKENS,
    PROMPT,
    SCORE,
    SCORE_SIGNATURE,
    TARGET,
    TEXT,
    VISUAL_TOKENS,
)

_Outputs = dict[str, tf.Tensor]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServedModel:
    """What answers requests.

    Attributes:
        model: built, with its parameters, on the TensorFlow backend.
        codec: its vocabulary.
        prompt_length: S, in tokens, EOS included.
        text_length: T, in tokens, EOS included.
        decoding: how it answers.
    """

    model: Pali
    codec: TextCodec
    prompt_length: int
    text_length: int
    decoding: DecodingConfig = DecodingConfig()

    def __post_init__(self) -> None:
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"Keras runs on {keras.backend.backend()!r}; a SavedModel "
                "needs KERAS_BACKEND=tensorflow before keras is imported."
            )
        table_size = self.model.config.language.vocab_size
        if self.codec.num_pieces > table_size:
            raise UserError(
                f"The vocabulary has {self.codec.num_pieces} pieces, the "
                f"model's table {table_size} rows: is it the model's own?"
            )

    def answer(self, image_bytes: tf.Tensor, prompt: tf.Tensor) -> _Outputs:
        """`serving_default`: string[B], string[B] -> text, score."""
        decoded = decode(
            self.model,
            *self._encoder_inputs(image_bytes, prompt),
            config=self.decoding,
            max_decode_len=self.text_length,
            num_pieces=self.codec.num_pieces,
        )
        return {
            TEXT.name: self.codec.decode(decoded.tokens[:, 0]),
            SCORE.name: decoded.scores[:, 0],
        }

    def score(
        self, image_bytes: tf.Tensor, prompt: tf.Tensor, target: tf.Tensor
    ) -> _Outputs:
        """`score`: string[B] three times -> score, num_tokens."""
        images, image_mask, tokens = self._encoder_inputs(image_bytes, prompt)
        targets = self.codec.encode(
            target, length=self.text_length, name=TARGET.name
        )
        targets = _same_batch(targets, image_bytes, TARGET.name)
        scored = score_targets(
            self.model,
            {
                "images": images,
                "image_mask": image_mask,
                "encoder_input_tokens": tokens,
                "decoder_input_tokens": tf.pad(
                    targets[:, :-1], [[0, 0], [1, 0]]
                ),
                "decoder_target_tokens": targets,
                "decoder_loss_weights": tf.cast(targets != 0, tf.float32),
            },
        )
        return {SCORE.name: scored.scores, NUM_TOKENS.name: scored.num_tokens}

    def embed(self, image_bytes: tf.Tensor) -> _Outputs:
        """`embed`: string[B] -> visual_tokens float32[B, P, Dv]."""
        images = self._images(image_bytes)
        visual = self.model.encode_image(images)
        return {VISUAL_TOKENS.name: tf.cast(visual, tf.float32)}

    def _images(self, image_bytes: tf.Tensor) -> tf.Tensor:
        return decode_images(image_bytes, self.model.config.vision.image_size)

    def _encoder_inputs(
        self, image_bytes: tf.Tensor, prompt: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        tokens = self.codec.encode(
            prompt, length=self.prompt_length, name=PROMPT.name
        )
        tokens = _same_batch(tokens, image_bytes, PROMPT.name)
        image_mask = tf.ones_like(tokens[:, 0], tf.bool)
        return self._images(image_bytes), image_mask, tokens


def _same_batch(
    tokens: tf.Tensor, image_bytes: tf.Tensor, name: str
) -> tf.Tensor:
    num_images, num_texts = tf.shape(image_bytes)[0], tf.shape(tokens)[0]
    return checked(
        tokens,
        num_images == num_texts,
        f"{IMAGE_BYTES.name} has ",
        num_images,
        f" values, {name} has ",
        num_texts,
        ": one is needed for each image.",
    )


class _Resources(tf.Module):
    """What the functions read: variables alone, so that no Keras is needed."""

    def __init__(self, served: ServedModel):
        super().__init__()
        self.parameters = [v.value for v in served.model.variables]
        self.codec = served.codec


def write(served: ServedModel, path: Path) -> None:
    """Writes the SavedModel to a new folder."""
    functions = (
        (ANSWER_SIGNATURE, served.answer),
        (SCORE_SIGNATURE, served.score),
        (EMBED_SIGNATURE, served.embed),
    )
    tf.saved_model.save(
        _Resources(served),
        str(path),
        signatures={
            signature.name: tf.function(
                function, autograph=False
            ).get_concrete_function(
                **{
                    info.name: tf.TensorSpec(info.shape, tf.string, info.name)
                    for info in signature.inputs
                }
            )
            for signature, function in functions
        },
    )
