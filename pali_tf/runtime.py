"""Every name that a run file binds, whichever engine runs it.

The main program decides: where it is T5X's train.py, eval.py or infer.py, the
names below are T5X's objects (pali_tf/engines/t5x/objects.py), else the native
engine's, which carry T5X's field names. So one gin file, with the same flags,
describes a run to both. Optimizers, LoRA and decoding are descriptions that
both engines read.

Under T5X, gin/runs/t5x.gin is read as well: what T5X's functions take beyond
what a run file binds.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from absl import logging

import gin
from pali_tf import files
from pali_tf.data.task_choices import TaskChoices
from pali_tf.decoding.config import DecodingConfig
from pali_tf.engines.chosen import chosen_engine, complete_main
from pali_tf.errors import UserError
from pali_tf.models.lora.config import DEFAULT_TARGET, LoRAConfig
from pali_tf.training.elementwise_optimizers import AdamW, Lion
from pali_tf.training.optimizer import Adafactor

if chosen_engine() == "t5x":
    from pali_tf.engines.t5x import objects as engine
else:
    from pali_tf.engines import native as engine

__all__ = [
    "Adafactor",
    "AdamW",
    "CheckpointConfig",
    "DatasetConfig",
    "DecodingConfig",
    "Evaluator",
    "Lion",
    "PaliTrainingModel",
    "PjitPartitioner",
    "RestoreCheckpointConfig",
    "SaveCheckpointConfig",
    "TaskChoices",
    "Trainer",
    "create_learning_rate_scheduler",
    "lora",
    "mixture",
    "standard_logical_axis_rules",
    "steps_of_epochs",
    "summarize_gin_config",
    "vocabulary",
    "with_visual_tokens",
]

CheckpointConfig = engine.CheckpointConfig
DatasetConfig = engine.DatasetConfig
Evaluator = engine.Evaluator
PaliTrainingModel = engine.PaliTrainingModel
PjitPartitioner = engine.PjitPartitioner
RestoreCheckpointConfig = engine.RestoreCheckpointConfig
SaveCheckpointConfig = engine.SaveCheckpointConfig
Trainer = engine.Trainer
create_learning_rate_scheduler = engine.create_learning_rate_scheduler
standard_logical_axis_rules = engine.standard_logical_axis_rules


def lora(rank: int | None, target: str | None = None) -> LoRAConfig | None:
    """Gives what is adapted.

    Args:
        rank: int > 0; None: nothing is.
        target: regex over whole parameter paths of kernels; None: queries
            and values of the language part.
    """
    if rank is None:
        return None
    return LoRAConfig(rank=rank, target=target or DEFAULT_TARGET)


def mixture(
    name: str | Mapping[str, float],
    data_dir: str | None = None,
    choices: TaskChoices | None = None,
) -> Any:
    """Gives what a run is trained or evaluated on.

    Args:
        name: a registered name; "captioning:my_shop", an objective on
            imported data; or rates by such names, which make a mixture.
        data_dir: root of the stored sources; None: PALI_DATA_DIR.
        choices: how the tasks draw what the paper leaves open; None: as they
            are by default.

    Raises:
        UserError: an unknown name or objective; the message has the nearest.
    """
    # TensorFlow comes in here: a run file that binds no data needs none.
    from pali_tf.data.data_root import DataRoot
    from seqio_tasks import named

    return named.find(name, DataRoot(data_dir), choices or TaskChoices())


def steps_of_epochs(
    epochs: float,
    data: Any,
    task_feature_lengths: Mapping[str, int],
    batch_size: int,
    split: str = "train",
) -> int:
    """Gives the steps until each example of each task was read so often.

    Of a mixture whose rates are not as its tasks' sizes, some come more often.
    """
    from pali_tf.data.input_pipeline import num_examples_of_epoch

    if epochs <= 0:
        raise UserError(f"TRAIN_EPOCHS is {epochs}, not above 0.")
    drawn = num_examples_of_epoch(data, task_feature_lengths, split)
    return max(math.ceil(epochs * drawn / batch_size), 1)


def with_visual_tokens(
    task_feature_lengths: Mapping[str, int], num_visual_tokens: int
) -> dict[str, int]:
    """Gives the lengths of a run that reads stored tokens, not images."""
    return {**task_feature_lengths, "visual_tokens": num_visual_tokens}


def vocabulary(data_dir: str | None = None) -> Any:
    """Gives the vocabulary of the stored sources."""
    from pali_tf.data.data_root import DataRoot

    return DataRoot(data_dir).vocabulary()


def summarize_gin_config(
    model_dir: str, summary_writer: Any = None, step: int = 0
) -> None:
    """Writes what the run really uses to `<model_dir>/config.gin`."""
    text = gin.operative_config_str()
    files.write_whole(f"{model_dir}/config.gin", text + "\n")
    if summary_writer is not None:
        summary_writer.write_texts(step, {"config": gin.markdown(text)})
    logging.info("Wrote the operative configuration to %s.", model_dir)


if chosen_engine() == "t5x":
    complete_main()
    # Last: the file binds names of this module.
    _GIN = Path(__file__).resolve().parent.parent / "gin"
    gin.parse_config_file(str(_GIN / "runs" / "t5x.gin"))
