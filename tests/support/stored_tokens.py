"""A tiny ViT's checkpoint, and the command that stores its tokens."""

import pathlib

import jax
import numpy as np

from pali_tf.checkpoints import checkpoint
from pali_tf.commands import build_data
from pali_tf.models.functional import FunctionalModel
from pali_tf.models.vit import config as vit_config
from pali_tf.visual_tokens.tower import VisionTower

IMAGE_SIZE = 32
NUM_TOKENS = 4
WIDTH = 128
LENGTHS = {
    "inputs": 48,
    "targets": 32,
    "images": IMAGE_SIZE,
    "visual_tokens": NUM_TOKENS,
}


def make_functional(dtype: str = "float32") -> FunctionalModel:
    """The ViT of PaLI-tiny for images of 32 pixels."""
    config = vit_config.get_config("tiny", image_size=IMAGE_SIZE, dtype=dtype)

    def build() -> VisionTower:
        model = VisionTower(config, name="tower")
        model.build()
        return model

    return FunctionalModel(build)


def save_vision(directory: pathlib.Path, seed: int = 0) -> pathlib.Path:
    """Draws a ViT and writes its checkpoint."""
    params = jax.jit(make_functional().init)(jax.random.key(seed))
    return checkpoint.save_parameters(
        directory, seed, jax.tree.map(np.asarray, params)
    )


def store(
    data_dir: pathlib.Path,
    output_dir: pathlib.Path,
    vision: pathlib.Path,
    *more: str,
) -> None:
    """Runs the command."""
    build_data.main(
        [
            "--visual_tokens",
            f"--data_dir={data_dir}",
            f"--output_dir={output_dir}",
            f"--vision_checkpoint={vision}",
            "--vision_size=tiny",
            f"--image_size={IMAGE_SIZE}",
            "--batch_size=5",
            *more,
        ]
    )
