"""What is adapted, and how finely; standard library only."""

import dataclasses
import re

from pali_tf.errors import UserError

# Queries and values of every attention of the language part.
# Source: LoRA, arXiv 2106.09685, section 7.1 (at a given number of weights,
# adapting both does best).
DEFAULT_TARGET = r"(encoder|decoder)/.*attention/(query|value)/kernel"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoRAConfig:
    """Low-rank adapters: kernel + A B instead of kernel.

    The projections whose kernel matches `target`, a regex over whole parameter
    paths, get A [D, rank] and B [rank, F].
    """

    rank: int
    target: str = DEFAULT_TARGET

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise UserError(f"LoRA's rank is {self.rank}, below 1.")
        try:
            re.compile(self.target)
        except re.error as error:
            raise UserError(
                f"LoRA's target {self.target!r} is not a regular expression: "
                f"{error}."
            ) from error
