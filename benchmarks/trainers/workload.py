"""What every trainer trains: an mT5 on one batch of random tokens.

NumPy and the standard library alone.
"""

import dataclasses

import numpy as np

from pali_tf.models.mt5.config import MT5Config, get_config

_FIRST_PIECE = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """An mT5 and its batch."""

    config: MT5Config
    batch_size: int
    input_length: int
    target_length: int


SIZES = {
    # For a run that only shows that everything works.
    "tiny": Sizes(
        config=get_config("tiny"),
        batch_size=8,
        input_length=16,
        target_length=8,
    ),
    # 77M numbers: what two cores train in about a second a step.
    "small": Sizes(
        config=get_config("small", vocab_size=32_128),
        batch_size=8,
        input_length=64,
        target_length=32,
    ),
    # mT5-base at T5X's usual lengths, for an accelerator.
    "base": Sizes(
        config=get_config("base"),
        batch_size=32,
        input_length=512,
        target_length=128,
    ),
}


def make_batch(sizes: Sizes) -> dict[str, np.ndarray]:
    """Makes the batch: encoder_input_tokens, decoder_{input,target}_tokens.

    Every position holds a token, so that all trainers compute the same.
    """
    rng = np.random.default_rng(0)

    def tokens(length: int) -> np.ndarray:
        shape = (sizes.batch_size, length)
        return rng.integers(
            _FIRST_PIECE, sizes.config.vocab_size, shape, dtype=np.int32
        )

    targets = tokens(sizes.target_length)
    return {
        "encoder_input_tokens": tokens(sizes.input_length),
        "decoder_input_tokens": np.pad(targets[:, :-1], ((0, 0), (1, 0))),
        "decoder_target_tokens": targets,
        "decoder_loss_weights": np.ones(targets.shape, np.float32),
    }
