"""How large a demo is; standard library only."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """One run from data to answers.

    Attributes:
        level: of the generated world, "grid" or "free".
        image_size: side of an image in pixels.
        num_images: training scenes.
        input_length: tokens of a prompt.
        target_length: tokens of an answer.
        vision_steps: of the ViT's pre-training.
        train_steps: of PaLI's.
        num_test_examples: of each task's test split; None: all.
        seed: of everything.
    """

    level: str
    image_size: int
    num_images: int
    input_length: int = 40
    target_length: int = 24
    vision_steps: int
    train_steps: int
    num_test_examples: int | None = None
    seed: int = 0


# What two cores do in 15 minutes, in an hour (two worlds), and in a test. The
# last world of a plan is the one that its report is about.
PLANS: dict[str, tuple[Plan, ...]] = {
    "quick": (
        Plan(
            level="grid",
            image_size=64,
            num_images=20_000,
            vision_steps=2_000,
            train_steps=3_000,
        ),
    ),
    "long": (
        Plan(
            level="free",
            image_size=128,
            num_images=15_000,
            input_length=48,
            target_length=28,
            vision_steps=1_600,
            train_steps=1_600,
            num_test_examples=512,
        ),
        Plan(
            level="grid",
            image_size=64,
            num_images=30_000,
            vision_steps=2_500,
            train_steps=4_000,
        ),
    ),
    "smoke": (
        Plan(
            level="grid",
            image_size=64,
            num_images=200,
            vision_steps=150,
            train_steps=4,
            num_test_examples=8,
        ),
    ),
}
