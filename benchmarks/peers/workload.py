"""What both sides compute; NumPy and the standard library alone.

mT5-base with a ViT-B/16 of 224 pixels: 196 visual tokens before 16 of text.
"""

import dataclasses
import pathlib
from typing import Any

import numpy as np

PROMPT_LENGTH = 16
NUM_PIECES = 250_100
_FIRST_PIECE = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """Both towers, in our names."""

    image_size: int = 224
    patch_size: int = 16
    width: int = 768
    depth: int = 12
    mlp_dim: int = 3072
    num_heads: int = 12
    vocab_size: int = 250_112
    emb_dim: int = 768
    num_layers: int = 12
    head_dim: int = 64
    language_mlp_dim: int = 2048


# For a run that only shows that everything works.
SMALL = Sizes(
    image_size=32,
    width=32,
    depth=2,
    mlp_dim=64,
    num_heads=2,
    vocab_size=250_112,
    emb_dim=32,
    num_layers=2,
    head_dim=16,
    language_mlp_dim=64,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Files:
    """Where the weights lie that both sides read."""

    folder: pathlib.Path

    @property
    def language(self) -> pathlib.Path:
        """mT5, as transformers saves it."""
        return self.folder / "mt5"

    @property
    def vision(self) -> pathlib.Path:
        """SigLIP's vision tower, as transformers saves it."""
        return self.folder / "siglip"

    @property
    def connector(self) -> pathlib.Path:
        """The projection between the two: float32[Dv, D]."""
        return self.folder / "connector.npy"


def make_inputs(
    sizes: Sizes, batch_size: int, target_length: int
) -> dict[str, np.ndarray]:
    """Makes the inputs of a cell: images, prompts and targets, all full."""
    rng = np.random.default_rng(batch_size)
    shape = (batch_size, sizes.image_size, sizes.image_size, 3)

    def tokens(length: int) -> np.ndarray:
        return rng.integers(
            _FIRST_PIECE, NUM_PIECES, (batch_size, length), dtype=np.int32
        )

    return {
        "images": rng.integers(0, 256, shape, dtype=np.uint8),
        "prompts": tokens(PROMPT_LENGTH),
        "targets": tokens(target_length),
    }


def reset_peak_memory() -> None:
    """Lets the peak of this process' memory start anew."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Gives the peak of this process' memory since the reset, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmHWM: this is no Linux.")


def to_json(value: Any) -> Any:
    """Turns the arrays of a reply into lists."""
    return value.tolist() if isinstance(value, np.ndarray) else value
