"""The tiny PaLI's answers, and the same by full re-computation."""

import functools

import jax
import numpy as np

from pali_tf.decoding.config import DecodingConfig
from pali_tf.decoding.generate import DecodeOutput, decode
from tests.support.tiny_pali import make_functional

PAD, EOS = 0, 1
FEATURES = ("images", "image_mask", "encoder_input_tokens")


MODEL = make_functional()
PARAMS = MODEL.init(jax.random.key(3))


@functools.partial(jax.jit, static_argnames=("config", "length", "num_pieces"))
def answer(
    batch: dict,
    config: DecodingConfig,
    *,
    length: int = 8,
    num_pieces: int = 60,
    seed: int | None = None,
) -> DecodeOutput:
    return MODEL.call(
        decode,
        PARAMS,
        *(batch[name] for name in FEATURES),
        config=config,
        max_decode_len=length,
        num_pieces=num_pieces,
        seed=seed,
    )


@jax.jit
def log_softmax_of_logits(batch: dict) -> jax.Array:
    return jax.nn.log_softmax(MODEL.apply(PARAMS, batch))


def log_probs(batch: dict, tokens: np.ndarray) -> np.ndarray:
    """float[B, T, V] after each prefix of `tokens`, without a cache."""
    inputs = np.pad(tokens, ((0, 0), (1, 0)))[:, :-1]
    return np.array(
        log_softmax_of_logits(batch | {"decoder_input_tokens": inputs})
    )


def score(batch: dict, tokens: np.ndarray) -> np.ndarray:
    """float[B], the sum of the log-probabilities of int[B, T]."""
    picked = np.take_along_axis(
        log_probs(batch, tokens), tokens[..., None], axis=-1
    )[..., 0]
    return np.where(tokens > 0, picked, 0).sum(-1)


def repeat_row(batch: dict, row: int, times: int) -> dict:
    """A batch of one example, many times."""
    return {
        name: np.repeat(value[row : row + 1], times, axis=0)
        for name, value in batch.items()
    }


def one_row(batch: dict, row: int) -> dict:
    return repeat_row(batch, row, 1)
