"""What a run file binds where our own engine runs it."""

from pali_tf.partitioning.axis_rules import standard_logical_axis_rules
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training.configs import (
    CheckpointConfig,
    DatasetConfig,
    Evaluator,
    RestoreCheckpointConfig,
    SaveCheckpointConfig,
)
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.schedules import create_learning_rate_scheduler
from pali_tf.training.trainer import Trainer

__all__ = [
    "CheckpointConfig",
    "DatasetConfig",
    "Evaluator",
    "PaliTrainingModel",
    "PjitPartitioner",
    "RestoreCheckpointConfig",
    "SaveCheckpointConfig",
    "Trainer",
    "create_learning_rate_scheduler",
    "standard_logical_axis_rules",
]
