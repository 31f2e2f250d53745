"""mT5 as the language part of PaLI.

An example without an image is text alone: its visual tokens are masked, and
the distances between text tokens, all that mT5's positions are, stay.
"""

import keras
import numpy as np
from keras import ops

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import DecodeOutput, decode
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.pali.connector import join_image_and_text
from pali_tf.models.pali.model import Pali
from pali_tf.models.vit.config import ViTConfig
from pali_tf.types import Array
from tests.support.recorded_stack import record_blocks

VOCAB_SIZE, NUM_PIECES = 96, 84
DECODE_LENGTH, NUM_BEAMS = 16, 4
IMAGE_SIZE, NUM_PATCHES = 24, 9


def build(scan_layers: bool = False, dtype: str = "float32") -> keras.Model:
    """The shape of the goldens' mT5, with a ViT of nine patches."""
    shared = {"scan_layers": scan_layers, "dtype": dtype}
    model = Pali(
        PaliConfig(
            vision=ViTConfig(
                patch_size=8,
                width=8,
                depth=1,
                mlp_dim=8,
                num_heads=1,
                image_size=IMAGE_SIZE,
                **shared,
            ),
            language=MT5Config(
                vocab_size=VOCAB_SIZE,
                emb_dim=24,
                num_heads=3,
                head_dim=10,
                num_encoder_layers=3,
                num_decoder_layers=2,
                mlp_dim=40,
                **shared,
            ),
        )
    )
    model.build()
    return model


def run(model: Pali, inputs: dict[str, Array]) -> dict[str, Array]:
    """Everything that the goldens hold, for the inputs that are given."""
    outputs = _teacher_forcing(model, inputs) | _joined(model, inputs)
    return outputs | _decoded(model, inputs) if "prompts" in inputs else outputs


def _no_image(tokens: Array) -> tuple[np.ndarray, np.ndarray]:
    shape = (tokens.shape[0], IMAGE_SIZE, IMAGE_SIZE, 3)
    return np.full(shape, 77, np.uint8), np.zeros(shape[:1], bool)


def _teacher_forcing(model: Pali, inputs: dict[str, Array]) -> dict[str, Array]:
    tokens = inputs["encoder_input_tokens"]
    with record_blocks(model.encoder.stack) as encoder_blocks:
        encoded, valid = model.encode(*_no_image(tokens), tokens)
    targets = inputs["decoder_input_tokens"]
    memory = model.decoder.make_memory(encoded, valid, targets.shape[1])
    with record_blocks(model.decoder.stack) as decoder_blocks:
        logits = model.decoder(model.token_embedder(targets), memory)
    return {
        "encoded": encoded[:, NUM_PATCHES:],
        "logits": logits,
        **{
            f"encoder_block_{i}": x[:, NUM_PATCHES:]
            for i, x in enumerate(encoder_blocks)
        },
        **{f"decoder_block_{i}": x for i, x in enumerate(decoder_blocks)},
    }


def _joined(model: Pali, inputs: dict[str, Array]) -> dict[str, Array]:
    tokens = inputs["joined_tokens"]
    x, valid = join_image_and_text(
        ops.convert_to_tensor(inputs["joined_visual"]),
        inputs["joined_image_mask"],
        model.token_embedder(tokens),
        ops.not_equal(tokens, 0),
    )
    return {"joined_encoded": model.encoder(x, valid)}


def _decode(
    model: Pali, prompts: Array, num_pieces: int, config: DecodingConfig
) -> DecodeOutput:
    return decode(
        model,
        *_no_image(prompts),
        prompts,
        config=config,
        max_decode_len=DECODE_LENGTH,
        num_pieces=num_pieces,
    )


def _beams(alpha: float) -> DecodingConfig:
    return DecodingConfig(
        num_beams=NUM_BEAMS, num_return=NUM_BEAMS, alpha=alpha
    )


def _decoded(model: Pali, inputs: dict[str, Array]) -> dict[str, Array]:
    prompts = inputs["prompts"]
    greedy = _decode(model, prompts, NUM_PIECES, DecodingConfig())
    beam = _decode(model, prompts, NUM_PIECES, _beams(0.0))
    # T5X's search produces any id.
    penalized = _decode(
        model, inputs["penalized_prompts"], VOCAB_SIZE, _beams(0.6)
    )
    return {
        "greedy_tokens": greedy.tokens[:, 0],
        "greedy_scores": greedy.scores[:, 0],
        "beam_tokens": beam.tokens,
        "beam_scores": beam.scores,
        "penalized_tokens": penalized.tokens,
        "penalized_scores": penalized.normalized_scores,
    }
