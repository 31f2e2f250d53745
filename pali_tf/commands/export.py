"""`pali export`: writes a checkpoint as a SavedModel for TF Serving.

The only program on Keras' TensorFlow backend.
"""

import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.commands.train import train  # noqa: F401 (bound by the model's own file)
from pali_tf.errors import UserError
from pali_tf.run import program_log


def export(
    *,
    model: Any,
    checkpoint_path: str,
    task_feature_lengths: Mapping[str, int],
    export_dir: str,
    model_name: str = "pali",
    version: int | None = None,
    verify: bool = True,
    use_ema: bool = False,
    is_dry_run: bool = False,
) -> Path:
    """Exports the parameters of a checkpoint; gives the version's folder.

    Args:
        model: a PaliTrainingModel.
        checkpoint_path: a checkpoint, or a directory of them, whose latest is
            taken.
        task_feature_lengths: "inputs" and "targets" in tokens, "images" the
            side in pixels, as the model was trained.
        export_dir: the base, on a disk or in a bucket; the model goes to
            `<export_dir>/<model_name>/<version>/`.
        model_name: under which it will be served.
        version: int > 0; None: the next free one.
        verify: whether it is loaded in a fresh process, and its warm-up
            requests run, before it is put in place.
        use_ema: whether those that trained are exported as their moving
            average.
        is_dry_run: find the checkpoint and the version, and stop.

    Raises:
        MissingFileError: no checkpoint is there.
        UserError: the checkpoint does not fit the model, the version
            exists, or what was written does not load.
    """
    # These import Keras; its backend is chosen by now.
    from pali_tf.checkpoints import checkpoint
    from pali_tf.run import identity
    from serving import saved_model
    from serving.request_text import TextCodec
    from serving.server.versions import version_path
    from serving.warmup import write_warmup_requests

    path = version_path(files.as_path(export_dir) / model_name, version)
    found = checkpoint.find(checkpoint_path)
    identity.check_vocabulary(found, model.vocabulary)
    if is_dry_run:
        logging.info("Dry run: would export %s to %s.", found, path)
        return path
    served = saved_model.ServedModel(
        model=_restored(model, found, use_ema),
        codec=TextCodec(model.vocabulary.sp_model),
        prompt_length=task_feature_lengths["inputs"],
        text_length=task_feature_lengths["targets"],
        decoding=model.decoding,
    )
    with files.staged(path, last="saved_model.pb") as temporary:
        saved_model.write(served, temporary)
        num_requests = write_warmup_requests(temporary, model_name)
        logging.info("Wrote the graph and %d warm-up requests.", num_requests)
        if verify:
            _verify(temporary)
    logging.info("Exported %s to %s.", found, path)
    return path


def _restored(trained: Any, path: Path, use_ema: bool) -> Any:
    from pali_tf.checkpoints import checkpoint
    from pali_tf.models.lora.adapters import enable_lora
    from pali_tf.models.pali.model import Pali
    from pali_tf.models.parameter_path import parameters_by_path
    from pali_tf.presets.from_checkpoint import checkpoint_tensors
    from pali_tf.training.configs import Selection

    model = Pali(trained.config.unrolled(), name="pali")
    model.build()
    if trained.lora is not None:
        enable_lora(model, trained.lora)
    variables = parameters_by_path(model)
    tensors = checkpoint_tensors(path, variables, use_ema=use_ema)
    items = checkpoint.items_of(path, Selection(use_ema=use_ema))
    checkpoint.verify_if_possible(path, items)
    for name, tensor in tensors.items():
        variables[name].assign(tensor.read())
    size = sum(int(np.prod(tensor.shape)) for tensor in tensors.values())
    logging.info("Restored all %s numbers of %s.", f"{size:,}", path)
    return model


def _verify(path: pathlib.Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "serving.verify", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"TF_CPP_MIN_LOG_LEVEL": "2"} | os.environ,
    )
    if ended.returncode:
        raise UserError(
            "The SavedModel does not run in a process that holds only "
            f"TensorFlow and TF.Text, and was not kept:\n{ended.stderr}"
        )
    logging.info("It loads and runs in a process of its own.")


def main(argv: list[str]) -> int:
    """Runs the command with its arguments; gives the exit status."""
    flags = gin_flags.parse_flags("pali export", __doc__ or "", argv)
    set_backend("tensorflow")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    program_log.set_up()
    gin_flags.load(flags, __name__)
    print(gin_flags.call(export, is_dry_run=flags.is_dry_run))
    return 0
