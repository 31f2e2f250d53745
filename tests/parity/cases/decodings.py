"""The tiny PaLI, and every way to decode and to score with it."""

import keras
import numpy as np
from keras import ops

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.random_draws import uniform
from pali_tf.decoding.score_classes import score_classes
from pali_tf.decoding.top_k import top_k
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array
from tests.support.tiny_pali import make_pali

CONFIGS = {
    "greedy": DecodingConfig(),
    "beams": DecodingConfig(num_beams=4, num_return=4),
    "samples": DecodingConfig(temperature=1.0, num_return=3, seed=9),
    "nucleus": DecodingConfig(temperature=1.5, top_p=0.8),
    "top_k": DecodingConfig(temperature=1.5, top_k=20, top_p=0.8),
}
CANDIDATES = np.array([[5, 1, 0], [9, 8, 1], [1, 0, 0]], np.int32)


def build() -> keras.Model:
    """A built model on whichever backend is active."""
    return make_pali()


def run(model: Pali, batch: dict[str, Array]) -> dict[str, Array]:
    """Gives arrays by name."""
    features = [
        batch[k] for k in ("images", "image_mask", "encoder_input_tokens")
    ]
    # Wide enough for the two stages; with many equals.
    wide = ops.convert_to_tensor(
        np.random.default_rng(0).integers(0, 50, (3, 2048)), "float32"
    )
    values, indices = top_k(wide, 4)
    found = {
        "logits": model(batch),
        "classes": score_classes(model, *features, CANDIDATES, chunk_size=2)[0],
        "top_values": values,
        "top_indices": indices,
        "draws": uniform(ops.arange(0, 2**31 - 1, 2**20, dtype="uint32")),
    }
    for name, config in CONFIGS.items():
        output = decode(
            model, *features, config=config, max_decode_len=6, num_pieces=60
        )
        found |= {
            f"{name}/tokens": output.tokens,
            f"{name}/scores": output.scores,
            f"{name}/num_steps": output.num_steps,
        }
    return found
