"""Short runs of the toy: their settings, and the lines they leave."""

import json
import pathlib
from typing import Any

from pali_tf.run import loop
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from tests.support import toy_model

HOOKS = loop.Hooks(batches_from=toy_model.batches_from)


def make_config(
    model_dir: pathlib.Path, total_steps: int = 10, **changes: Any
) -> loop.RunConfig:
    """A run that saves every fifth step."""
    defaults = {
        "stats_period": 4,
        "checkpoint": CheckpointConfig(save=SaveCheckpointConfig(period=5)),
        "task_names": toy_model.TASKS,
    }
    return loop.RunConfig(
        model_dir=str(model_dir),
        total_steps=total_steps,
        **(defaults | changes),
    )


def read_lines(
    model_dir: pathlib.Path, name: str = "train/metrics.jsonl"
) -> list[dict[str, Any]]:
    """The lines without what depends on the clock."""
    return [
        {k: v for k, v in json.loads(line).items() if "per_second" not in k}
        for line in (model_dir / name).read_text().splitlines()
    ]
