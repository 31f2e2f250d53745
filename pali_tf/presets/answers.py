"""The functions of a Pali that a preset runs, and what they give."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import decode
from pali_tf.decoding.score import score_targets
from pali_tf.decoding.score_classes import score_classes
from pali_tf.errors import UserError
from pali_tf.models.pali.model import Pali
from pali_tf.types import Array

# Source: PaLI appendix, zero-shot image classification (sic: no "the").
ZERO_SHOT_PROMPT = "Generate alt_text in EN at 2: Photo of <extra_id_0>"


class Answer(NamedTuple):
    """What the model says, and the log-probability of its tokens in sum."""

    text: str
    score: float


class Classification(NamedTuple):
    """How well each of C classes fits each of N images.

    `scores`, float32[N, C], are log-probabilities of the names, EOS included.
    """

    classes: tuple[str, ...]
    scores: np.ndarray

    @property
    def ranking(self) -> np.ndarray:
        """int[N, C]. Indices of the classes of each image, best first."""
        return np.argsort(-self.scores, axis=1, kind="stable")

    @property
    def best(self) -> list[str]:
        """The best class of each image."""
        return [self.classes[i] for i in self.scores.argmax(axis=1)]


def answer(
    model: Pali,
    images: Array,
    image_mask: Array,
    prompts: Array,
    seed: Array,
    *,
    config: DecodingConfig,
    length: int,
    num_pieces: int,
) -> dict[str, Array]:
    """Decodes a batch: tokens int32[B, N, T], scores float32[B, N]."""
    decoded = decode(
        model,
        images,
        image_mask,
        prompts,
        config=config,
        max_decode_len=length,
        num_pieces=num_pieces,
        seed=seed,
    )
    return {"tokens": decoded.tokens, "scores": decoded.scores}


def score(
    model: Pali,
    images: Array,
    image_mask: Array,
    prompts: Array,
    targets: Array,
) -> Array:
    """Gives float32[B], the log-probability of targets int32[B, T]."""
    batch: dict[str, Any] = {
        "images": images,
        "image_mask": image_mask,
        "encoder_input_tokens": prompts,
        "decoder_input_tokens": ops.pad(targets[:, :-1], ((0, 0), (1, 0))),
        "decoder_target_tokens": targets,
        "decoder_loss_weights": ops.cast(targets != 0, "float32"),
    }
    return score_targets(model, batch).scores


def classify(
    model: Pali,
    images: Array,
    image_mask: Array,
    prompts: Array,
    classes: Array,
    *,
    chunk_size: int,
) -> Array:
    """Gives float32[B, C], the log-probability of names int32[C, T]."""
    return score_classes(
        model, images, image_mask, prompts, classes, chunk_size=chunk_size
    ).scores


def check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """Gives the classes as a tuple; UserError if none, or two are the same."""
    if isinstance(classes, str) or not classes:
        raise UserError(f"classes is {classes!r}, not a list of names.")
    names = tuple(classes)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"classes has {twice[0]!r} twice.")
    return names
