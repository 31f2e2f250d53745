"""A preset of the tiny PaLI and its tiny vocabulary."""

import pathlib

import numpy as np
from PIL import Image

from pali_tf.presets.config import PresetConfig
from pali_tf.presets.model import PaliModel
from pali_tf.presets.tokenizer import Tokenizer
from tests.support import tiny_pali, tiny_vocabulary

PROMPT = "what is in the image"
PROMPT_LENGTH = 24
TEXT_LENGTH = 16
VOCABULARY = tiny_vocabulary.make()


def make_model(seed: int = 0, **overrides: object) -> PaliModel:
    """A model with parameters of a seed, the same on either backend."""
    network = tiny_pali.make_pali(**overrides)
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        fan_in = variable.shape[0] if len(variable.shape) > 1 else 1
        variable.assign(rng.normal(0, 2 * fan_in**-0.5, variable.shape))
    config = PresetConfig(
        model=tiny_pali.make_config(**overrides),
        prompt_length=PROMPT_LENGTH,
        text_length=TEXT_LENGTH,
    )
    return PaliModel(network, Tokenizer(VOCABULARY), config)


def make_images(number: int = 3) -> list[np.ndarray]:
    """Pictures of several sizes."""
    rng = np.random.default_rng(1)
    return [
        rng.integers(0, 256, (20 + 3 * i, 16 + i, 3), dtype=np.uint8)
        for i in range(number)
    ]


def write_jpeg(path: pathlib.Path, height: int, width: int) -> pathlib.Path:
    """A JPEG file with smooth content, as photographs have."""
    rng = np.random.default_rng(height * width)
    small = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((width, height), Image.BICUBIC)
    image.save(path, "JPEG", quality=90)
    return path
