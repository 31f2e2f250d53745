"""What a generated sample is a function of."""

import dataclasses

from pali_tf.errors import UserError

# Rises when the same configuration would give other bytes.
WORLD_VERSION = 2

LEVELS = ("grid", "free")

# Fixed, so that the bytes do not depend on the number of workers.
SCENES_PER_SHARD = 1250


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SampleConfig:
    """The configuration of one sample; stored beside it."""

    level: str = "grid"
    seed: int = 0
    num_train: int = 20000
    num_validation: int = 512
    num_test: int = 1024
    fonts: tuple[tuple[str, str], ...] = ()
    world_version: int = WORLD_VERSION

    def __post_init__(self) -> None:
        """Refuses empty splits."""
        for split, count in self.split_sizes().items():
            if count < 1:
                raise UserError(f"num_{split} must be at least 1, not {count}.")

    def split_sizes(self) -> dict[str, int]:
        """Returns the number of scenes of each split."""
        return {
            "train": self.num_train,
            "validation": self.num_validation,
            "test": self.num_test,
        }

    def num_shards(self, split: str) -> int:
        """Returns the number of shards of a split."""
        return -(-self.split_sizes()[split] // SCENES_PER_SHARD)

    def shard_range(self, split: str, shard: int) -> range:
        """Returns the indices of the scenes in one shard."""
        start = shard * SCENES_PER_SHARD
        end = min(start + SCENES_PER_SHARD, self.split_sizes()[split])
        return range(start, end)
