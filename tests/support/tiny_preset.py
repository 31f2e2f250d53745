"""A preset of the tiny PaLI and its tiny vocabulary."""

import pathlib

import numpy as np
from PIL import Image

from pali_tf.presets.config import PresetConfig
from pali_tf.presets.model import PaliModel
from pali_tf.presets.network import build_network
from pali_tf.presets.tokenizer import Tokenizer
from tests.support import tiny_pali, tiny_vocabulary

PROMPT = "what is in the image"
PROMPT_LENGTH = 24
TEXT_LENGTH = 16
VOCABULARY = tiny_vocabulary.make()


def make_model(seed: int = 1, **overrides: object) -> PaliModel:
    """A model with parameters of a seed, the same on either backend.

    They are such that its answers differ between images and do not end at
    once.
    """
    config = PresetConfig(
        model=tiny_pali.make_config(**overrides),
        prompt_length=PROMPT_LENGTH,
        text_length=TEXT_LENGTH,
    )
    network = build_network(config)
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        if len(variable.shape) < 2:
            continue
        value = rng.normal(0, variable.shape[0] ** -0.5, variable.shape)
        if "query" in variable.path:
            value *= 8**-0.5
        if "token_embedder" in variable.path:
            value *= 8
        if "connector" in variable.path:
            value *= 3
        if "logits" in variable.path:
            value[:, :3] = 0
        variable.assign(value)
    return PaliModel(network, Tokenizer(VOCABULARY), config)


def make_images(number: int = 4) -> list[np.ndarray]:
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
    image = Image.fromarray(small).resize((width, height))
    image.save(path, "JPEG", quality=90)
    return path
