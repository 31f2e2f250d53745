"""What both sides compute: sizes, batches, and where the weights lie.

NumPy and the standard library alone, for interpreters that have little else.
"""

import numpy as np

from pali_tf.models.mt5 import config as mt5_config
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.vit import config as vit_config

PROMPT_LENGTH = 16
NUM_PIECES = 250_100
FIRST_PIECE = 3
# Where the weights lie: mT5 and SigLIP's vision tower, as transformers saves
# them, and the projection between the two, float32[Dv, D].
LANGUAGE, VISION, CONNECTOR = "mt5", "siglip", "connector.npy"

SIZES = {
    # mT5-base with a ViT-B/16 of 224 pixels: 196 visual tokens before 16 of
    # text.
    "base": PaliConfig(
        vision=vit_config.get_config("B/16"),
        language=mt5_config.get_config("base"),
    ),
    # For a run that only shows that everything works.
    "small": PaliConfig(
        vision=vit_config.get_config("tiny", image_size=32),
        language=mt5_config.get_config("tiny"),
    ),
}


def make_text(
    config: MT5Config, batch_size: int, num_inputs: int, num_targets: int
) -> dict[str, np.ndarray]:
    """Makes the text features of a batch; every position holds a token."""
    rng = np.random.default_rng(batch_size)

    def tokens(length: int) -> np.ndarray:
        return rng.integers(
            FIRST_PIECE, config.vocab_size, (batch_size, length), dtype=np.int32
        )

    targets = tokens(num_targets)
    return {
        "encoder_input_tokens": tokens(num_inputs),
        "decoder_input_tokens": np.pad(targets[:, :-1], ((0, 0), (1, 0))),
        "decoder_target_tokens": targets,
        "decoder_loss_weights": np.ones(targets.shape, np.float32),
    }


def make_batch(
    config: PaliConfig,
    batch_size: int,
    num_targets: int,
    num_inputs: int = PROMPT_LENGTH,
) -> dict[str, np.ndarray]:
    """Makes the model features of a batch."""
    side = config.vision.image_size
    return {
        "images": np.random.default_rng(batch_size).integers(
            0, 256, (batch_size, side, side, 3), dtype=np.uint8
        ),
        "image_mask": np.ones(batch_size, bool),
        **make_text(config.language, batch_size, num_inputs, num_targets),
    }
