"""What a run file binds about data and checkpoints; T5X's field names.

Source: google-research/t5x, t5x/utils.py (DatasetConfig, CheckpointConfig,
SaveCheckpointConfig, RestoreCheckpointConfig).
"""

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pali_tf.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatasetConfig:
    """Which examples, and how they are batched.

    Attributes:
        mixture_or_task_name: the RunData; T5X's name of the field.
        task_feature_lengths: T5X's lengths: "inputs" and "targets" in
            tokens, "images" the side of the square image in pixels.
        split: "train", "validation" or "test".
        batch_size: examples a batch, over all devices.
        shuffle: whether the order is drawn from `seed`; of training, True.
            An evaluation by decoding reads one pass, in order, always.
        seed: of order and of preprocessing; None: 0, so that a run always
            resumes where it stopped.
        use_cached: whether SeqIO's offline cache is read.
        pack: always False: images cannot be packed.
        module: T5X's deprecated field; must be None.
        num_readers: threads of each process that read training data ahead;
            the batches are the same. None: a few. T5X has no such field.
        num_examples: of an evaluation: the first so many of each task; None:
            all. T5X has no such field.
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
    num_examples: int | None = None

    def __post_init__(self) -> None:
        """Checks what this engine cannot do."""
        if self.batch_size < 1:
            raise UserError(f"batch_size must be >= 1, got {self.batch_size}.")
        if self.pack:
            raise UserError("pack must be False: images cannot be packed.")
        if self.module is not None:
            raise UserError(
                f"module is {self.module!r}, must be None: import the module "
                "in the gin file instead."
            )
        if self.num_readers is not None and self.num_readers < 1:
            raise UserError(f"num_readers is {self.num_readers}, not >= 1.")


def check_training_order(config: Any) -> None:
    """Refuses to train on data in the order that they are stored."""
    if not config.shuffle:
        raise UserError(
            "The DatasetConfig of training needs shuffle=True: its batches "
            "are drawn in an order that seed gives."
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evaluator:
    """How an evaluation by decoding scores; T5X's engine has one of its own.

    Attributes:
        use_blind_control: whether to score a second time, with the images of
            other examples.
    """

    use_blind_control: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaveCheckpointConfig:
    """When checkpoints are written.

    Attributes:
        period: steps between checkpoints; the last step is always saved.
        dtype: "float32": anything else would not resume exactly.
        keep: how many of the latest are kept; None: all.
        keep_period: a checkpoint whose step is a multiple of it is kept for
            ever; None: none is. T5X has no such field, nor the next three.
        keep_best: how many of the best are kept beside them; None: none. It
            needs an evaluation at every checkpoint.
        best_metric: what they are the best by: a number of the evaluation of
            the loss, such as "loss", "accuracy" or "loss/<task>".
        best_mode: "min" or "max", which of its values is the best.
        save_dataset: T5X's field. The position in the data is a function of
            the step here, so it is always saved.
    """

    period: int = 1000
    dtype: str = "float32"
    keep: int | None = None
    keep_period: int | None = None
    keep_best: int | None = None
    best_metric: str = "loss"
    best_mode: str = "min"
    save_dataset: bool = False

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if self.period < 1:
            raise UserError(f"period must be >= 1, got {self.period}.")
        for name in ("keep", "keep_period", "keep_best"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"{name} must be >= 1 or None, got {value}.")
        if self.best_mode not in ("min", "max"):
            raise UserError(
                f"best_mode is {self.best_mode!r}, not 'min' or 'max'."
            )
        if self.dtype != "float32":
            raise UserError(
                f"dtype is {self.dtype!r}; checkpoints are saved in float32, "
                "or a resumed run would differ."
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Selection:
    """Which parameters of a checkpoint are read.

    Attributes:
        only: regex over whole parameter paths, as the checkpoint has them.
        use_ema: whether those that trained are read as their moving average.
    """

    only: str = ".*"
    use_ema: bool = False

    def __post_init__(self) -> None:
        """Checks the regex."""
        try:
            re.compile(self.only)
        except re.error as error:
            raise UserError(
                f"only={self.only!r} is no regex: {error}."
            ) from None

    def names(self, names: Collection[str], where: object) -> list[str]:
        """Gives the selected ones of some parameter paths."""
        found = [name for name in names if re.fullmatch(self.only, name)]
        if not found:
            tops = sorted({name.split("/")[0] for name in names})
            raise UserError(
                f"only={self.only!r} matches no parameter of {where}, whose "
                f"paths begin with {', '.join(tops)}."
            )
        return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class RestoreCheckpointConfig:
    """Where initial or evaluated parameters come from.

    Attributes:
        path: a checkpoint (`.../checkpoint_<step>`), a directory of them, or
            a list of such, each holding a part of the tree; empty: none.
        mode: "specific": `path` is the checkpoint; "latest": the latest in
            the directory `path`.
        dtype: T5X's field; parameters take the model's precision.
        only: regex over whole parameter paths; others are not read from
            `path`. T5X has no such field, nor the next three; on its engine
            our code reads initial parameters, by all of them.
        use_ema: whether those that trained are read as their moving average.
        fallback: whether the checkpoint before it is taken where the latest,
            in `path` or of the run that continues, is damaged.
        allow_other_data: whether a run goes on although its stored examples
            have changed.
    """

    path: str | Sequence[str] = ()
    mode: str = "specific"
    dtype: str | None = None
    only: str = ".*"
    use_ema: bool = False
    fallback: bool = False
    allow_other_data: bool = False

    def __post_init__(self) -> None:
        """Checks the mode and the regex."""
        self.selection()
        if self.mode not in ("specific", "latest"):
            raise UserError(
                f"mode is {self.mode!r}, not 'specific' or 'latest'."
            )

    def selection(self) -> Selection:
        """Gives which parameters are read."""
        return Selection(only=self.only, use_ema=self.use_ema)

    def paths(self) -> tuple[str, ...]:
        """Gives the paths as a tuple."""
        if isinstance(self.path, str):
            return (self.path,) if self.path else ()
        return tuple(self.path)

    def one_path(self) -> str:
        """Gives the path where there must be exactly one."""
        paths = self.paths()
        if len(paths) != 1:
            raise UserError(
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
