"""What every trainer trains: an mT5 on one batch of random tokens.

NumPy and the standard library alone.
"""

import dataclasses

import numpy as np

from benchmarks.peers.workload import make_text
from pali_tf.models.mt5.config import MT5Config, get_config


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
    """Makes the batch."""
    return make_text(
        sizes.config,
        sizes.batch_size,
        sizes.input_length,
        sizes.target_length,
    )
