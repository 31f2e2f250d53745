"""`pali save-preset`: writes a checkpoint as a folder for PaliModel.

The folder holds sizes, arrays and vocabulary; `PaliModel.from_preset` reads it
where neither TensorFlow nor this run's gin files are.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.commands.train import train  # noqa: F401 (bound by the model's own file)
from pali_tf.run import program_log


def save_preset(
    *,
    model: Any,
    checkpoint_path: str,
    task_feature_lengths: Mapping[str, int],
    preset_dir: str,
    shard_bytes: int,
    use_ema: bool = False,
    is_dry_run: bool = False,
) -> Path:
    """Writes the parameters of a checkpoint as a preset; gives its folder.

    Args:
        model: a PaliTrainingModel.
        checkpoint_path: a checkpoint, or a directory of them, whose latest is
            taken.
        task_feature_lengths: "inputs" and "targets" in tokens, as the model
            was trained.
        preset_dir: the folder; it must not exist.
        shard_bytes: of a file of arrays, unless one array is larger.
        use_ema: whether those that trained are written as their moving
            average.
        is_dry_run: check that the checkpoint fits the model, and stop.

    Raises:
        MissingFileError: no checkpoint is there.
        ExistingFileError: the folder exists.
        UserError: the checkpoint does not fit the model.
    """
    # These import Keras; its backend is chosen by now.
    from pali_tf.checkpoints import checkpoint
    from pali_tf.presets.config import PresetConfig
    from pali_tf.presets.folder import write_preset
    from pali_tf.presets.from_checkpoint import checkpoint_tensors
    from pali_tf.run import identity
    from pali_tf.training.configs import Selection

    config = PresetConfig(
        model=model.config,
        prompt_length=task_feature_lengths["inputs"],
        text_length=task_feature_lengths["targets"],
        lora=model.lora,
    )
    unrolled = dataclasses.replace(model, config=config.model)
    found = checkpoint.find(checkpoint_path)
    identity.check_vocabulary(found, model.vocabulary)
    items = checkpoint.items_of(found, Selection(use_ema=use_ema))
    tensors = checkpoint_tensors(
        found, unrolled.functional.specs, use_ema=use_ema
    )
    if is_dry_run:
        logging.info("Dry run: would write %s as %s.", found, preset_dir)
        return files.as_path(preset_dir)
    checkpoint.verify_if_possible(found, items)
    folder = write_preset(
        preset_dir,
        config,
        tensors,
        model.vocabulary.sp_model,
        shard_bytes=shard_bytes,
    )
    logging.info("Wrote %d arrays of %s to %s.", len(tensors), found, folder)
    return folder


def main(argv: list[str]) -> int:
    """Runs the command with its arguments; gives the exit status."""
    flags = gin_flags.parse_flags("pali save-preset", __doc__ or "", argv)
    set_backend("jax")
    program_log.set_up()
    gin_flags.load(flags, __name__)
    print(gin_flags.call(save_preset, is_dry_run=flags.is_dry_run))
    return 0
