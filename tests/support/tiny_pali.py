"""A PaLI small enough for a unit test, and a batch for it."""

import numpy as np

from pali_tf.models.functional import FunctionalModel
from pali_tf.models.mt5.config import MT5Config
from pali_tf.models.pali.config import PaliConfig
from pali_tf.models.pali.model import Pali
from pali_tf.models.vit.config import ViTConfig

VOCAB_SIZE = 64
IMAGE_SIZE = 16


def make_config(
    dropout_rate: float = 0.0,
    dtype: str = "float32",
    depth: int = 2,
    **shared: object,
):
    """Towers of `depth` blocks, widths of 16; `shared` goes to both towers."""
    return PaliConfig(
        vision=ViTConfig(
            patch_size=8,
            width=16,
            depth=depth,
            mlp_dim=32,
            num_heads=2,
            image_size=IMAGE_SIZE,
            dtype=dtype,
            **shared,
        ),
        language=MT5Config(
            vocab_size=VOCAB_SIZE,
            emb_dim=16,
            num_heads=2,
            head_dim=8,
            num_encoder_layers=depth,
            num_decoder_layers=depth,
            mlp_dim=32,
            dropout_rate=dropout_rate,
            dtype=dtype,
            **shared,
        ),
    )


def make_pali(**overrides: object) -> Pali:
    """A built model on whichever backend is active."""
    model = Pali(make_config(**overrides))
    model.build()
    return model


def make_functional(**overrides: object) -> FunctionalModel:
    """The same, abstract, on JAX."""
    return FunctionalModel(lambda: make_pali(**overrides))


def make_batch(seed: int = 0) -> dict[str, np.ndarray]:
    """Three examples; the last is text only."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(3, VOCAB_SIZE - 4, (3, 7), dtype=np.int32)
    tokens[1, 4:] = 0
    targets = rng.integers(3, VOCAB_SIZE - 4, (3, 6), dtype=np.int32)
    targets[2, 3:] = 0
    inputs = np.pad(targets, ((0, 0), (1, 0)))[:, :-1]
    return {
        "images": rng.integers(
            0, 256, (3, IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.uint8
        ),
        "image_mask": np.array([True, True, False]),
        "encoder_input_tokens": tokens,
        "decoder_input_tokens": inputs,
        "decoder_target_tokens": targets,
        "decoder_loss_weights": (targets > 0).astype(np.float32),
        "task_id": np.array([0, 1, 2], np.int32),
    }
