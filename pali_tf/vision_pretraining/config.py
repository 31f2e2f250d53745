"""What a pre-training run of the ViT is made of; standard library only."""

import dataclasses

from pali_tf.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class VisionPretrainingConfig:
    """Defaults are those of the tiny tower on the sample's grid level.

    The optimizer is Muon, which teaches this tower in a third of Adam's
    steps; the paper's own (Adafactor with momentum) was made for millions.

    Attributes:
        size: of the tower, a name of models/vit/config.py.
        image_size: side of the square image in pixels.
        num_steps: in all, cool-down included.
        cooldown_fraction: of `num_steps`, with the rate falling to 0; run
            twice. ViT-e: 0.1.
        batch_size: examples a step.
        peak_learning_rate: reached after warm-up.
        warmup_steps: linear from 0.
        timescale: of the inverse square root decay after warm-up, in steps.
        weight_decay: decoupled, times the learning rate.
        min_crop_area: smallest part of the image that an inception crop
            keeps, in (0, 1].
        grid: rows and columns into which labels cut the image for place.
        min_label_count: a label seen less often in training is dropped.
        seed: of initial values, order and crops.

    Source: PaLI appendix, "ViT-e"; Scaling Vision Transformers (2106.04560),
    appendix C.
    """

    size: str = "tiny"
    image_size: int = 64
    num_steps: int = 2000
    cooldown_fraction: float = 0.2
    batch_size: int = 32
    peak_learning_rate: float = 5e-3
    warmup_steps: int = 100
    timescale: int = 1000
    weight_decay: float = 0.01
    min_crop_area: float = 0.8
    grid: int = 4
    min_label_count: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.cooldown_fraction < 1:
            raise UserError(
                f"cooldown_fraction is {self.cooldown_fraction}, not in (0, 1)."
            )
        if self.warmup_steps >= self.num_main_steps:
            raise UserError(
                f"warmup_steps is {self.warmup_steps}, but the cool-down "
                f"begins at step {self.num_main_steps}: raise num_steps."
            )

    @property
    def num_cooldown_steps(self) -> int:
        """Steps of one cool-down."""
        return max(1, round(self.num_steps * self.cooldown_fraction))

    @property
    def num_main_steps(self) -> int:
        """Steps before the cool-down."""
        return self.num_steps - self.num_cooldown_steps
