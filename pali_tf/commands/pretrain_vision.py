"""`pali pretrain-vision`: from shards to a checkpoint of the frozen tower."""

import argparse
import dataclasses

from absl import logging
from etils.epath import Path

from pali_tf import files, json_files
from pali_tf.backend import set_backend
from pali_tf.errors import UserError
from pali_tf.vision_pretraining.config import VisionPretrainingConfig


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali pretrain-vision", description=__doc__
    )
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--output_dir", type=files.as_path, required=True)
    for field in dataclasses.fields(VisionPretrainingConfig):
        parser.add_argument(
            f"--{field.name}",
            type=type(field.default),
            default=field.default,
            help=f"default {field.default}",
        )
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Runs the command; `argv` has what follows its name."""
    arguments = vars(_parse(argv))
    data_dir = arguments.pop("data_dir")
    output_dir = arguments.pop("output_dir")
    config = VisionPretrainingConfig(**arguments)
    summary_path = output_dir / "summary.json"
    if _is_made(summary_path, config):
        print(f"Kept {output_dir}: it holds this run already.")
        return 0
    set_backend("jax")
    # After the backend is chosen: these import keras.
    from pali_tf.checkpoints.checkpoint import save_parameters
    from pali_tf.run import program_log
    from pali_tf.vision_pretraining.dataset import label_names
    from pali_tf.vision_pretraining.metrics_log import MetricsLog
    from pali_tf.vision_pretraining.train import pretrain, vision_parameters

    program_log.set_up()
    names = label_names(data_dir, config)
    logging.info("ViT: %d labels with place.", len(names))
    log = MetricsLog(output_dir / "train" / "metrics.jsonl", config)
    model, scores = pretrain(data_dir, names, config, [log])
    for name, score in scores.items():
        logging.info("ViT: validation F1, %s: %.3f", name, score)
    save_parameters(str(output_dir), config.num_steps, vision_parameters(model))
    summary = {
        "config": dataclasses.asdict(config),
        "num_labels": len(names),
        "validation_f1": scores,
    }
    json_files.write(summary_path, summary)
    return 0


def _is_made(summary_path: Path, config: VisionPretrainingConfig) -> bool:
    """Whether the run ended before; its summary is written last.

    Raises:
        UserError: the folder holds a run of another configuration.
    """
    if not summary_path.is_file():
        return False
    found = json_files.read(summary_path)["config"]
    wanted = dataclasses.asdict(config)
    if found != wanted:
        changed = sorted(k for k in wanted if found.get(k) != wanted[k])
        raise UserError(
            f"{summary_path.parent} holds a run with another {changed[0]} "
            f"({found.get(changed[0])}, not {wanted[changed[0]]}). Give "
            "another --output_dir, or remove this one first."
        )
    return True
