"""What a run file binds about data and checkpoints; T5X's field names.

Source: google-research/t5x, t5x/utils.py (DatasetConfig, CheckpointConfig,
SaveCheckpointConfig, RestoreCheckpointConfig).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetConfig:
    """Which examples, and how they are batched.

    Attributes:
        mixture_or_task_name: a registered name, or the task or mixture.
        task_feature_lengths: T5X's lengths: "inputs" and "targets" in
            tokens, "images" the side of the square image in pixels.
        split: "train", "validation" or "test".
        batch_size: examples a batch, over all devices.
        shuffle: whether the order is drawn from `seed`.
        seed: of order and of preprocessing; None: 0, so that a run always
            resumes where it stopped.
        use_cached: whether SeqIO's offline cache is read.
        pack: always False: images cannot be packed.
        module: T5X's deprecated field; must be None.
        num_readers: streams that a training batch's rows come from; it
            divides batch_size. None: one for each process that reads rows of
            its own, or what the run began with. T5X has no such field.
    """

    mixture_or_task_name: Any
    task_feature_lengths: Mapping[str, int]
    split: str
    batch_size: int
    shuffle: bool
    seed: int | None
    use_cached: bool = False
    pack: bool = False
    module: str | None = None
    num_readers: int | None = None

    def __post_init__(self) -> None:
        """Checks what this engine cannot do."""
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be >= 1, got {self.batch_size}.")
        if self.pack:
            raise ValueError("pack must be False: images cannot be packed.")
        if self.module is not None:
            raise ValueError(
                f"module is {self.module!r}, must be None: import the module "
                "in the gin file instead."
            )
        if self.num_readers is not None and (
            self.num_readers < 1 or self.batch_size % self.num_readers
        ):
            raise ValueError(
                f"num_readers is {self.num_readers}; it must divide "
                f"batch_size {self.batch_size}."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaveCheckpointConfig:
    """When checkpoints are written.

    Attributes:
        period: steps between checkpoints; the last step is always saved.
        dtype: "float32": anything else would not resume exactly.
        keep: how many of the latest are kept; None: all.
        save_dataset: T5X's field. The position in the data is a function of
            the step here, so it is always saved.
    """

    period: int = 1000
    dtype: str = "float32"
    keep: int | None = None
    save_dataset: bool = False

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if self.period < 1:
            raise ValueError(f"period must be >= 1, got {self.period}.")
        if self.keep is not None and self.keep < 1:
            raise ValueError(f"keep must be >= 1 or None, got {self.keep}.")
        if self.dtype != "float32":
            raise ValueError(
                f"dtype is {self.dtype!r}; checkpoints are saved in float32, "
                "or a resumed run would differ."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RestoreCheckpointConfig:
    """Where initial or evaluated parameters come from.

    Attributes:
        path: a checkpoint (`.../checkpoint_<step>`), a directory of them, or
            a list of such, each holding a part of the tree; empty: none.
        mode: "specific": `path` is the checkpoint; "latest": the latest in
            the directory `path`.
        dtype: T5X's field; parameters take the model's precision.
    """

    path: str | Sequence[str] = ()
    mode: str = "specific"
    dtype: str | None = None

    def __post_init__(self) -> None:
        """Checks the mode."""
        if self.mode not in ("specific", "latest"):
            raise ValueError(
                f"mode is {self.mode!r}, not 'specific' or 'latest'."
            )

    def paths(self) -> tuple[str, ...]:
        """Gives the paths as a tuple."""
        if isinstance(self.path, str):
            return (self.path,) if self.path else ()
        return tuple(self.path)

    def one_path(self) -> str:
        """Gives the path where there must be exactly one.

        Raises:
            ValueError: there is none, or there are several.
        """
        paths = self.paths()
        if len(paths) != 1:
            raise ValueError(
                f"CHECKPOINT_PATH must name one checkpoint, got {list(paths)}."
            )
        return paths[0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckpointConfig:
    """Saving and restoring.

    Attributes:
        save: None: nothing is saved.
        restore: initial parameters of a run that has no checkpoint yet.
    """

    save: SaveCheckpointConfig | None = None
    restore: RestoreCheckpointConfig | None = None
