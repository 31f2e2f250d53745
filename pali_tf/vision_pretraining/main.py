"""`pali pretrain-vision`: from shards to a checkpoint of the frozen tower."""

import argparse
import dataclasses
import json
import pathlib

from absl import logging

from pali_tf.backend import set_backend
from pali_tf.vision_pretraining.config import VisionPretrainingConfig


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pali pretrain-vision", description=__doc__
    )
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--output_dir", required=True)
    for field in dataclasses.fields(VisionPretrainingConfig):
        parser.add_argument(
            f"--{field.name}",
            type=type(field.default),
            default=field.default,
            help=f"default {field.default}",
        )
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Runs the command.

    Args:
        argv: the arguments after the command's name.

    Returns:
        The exit status.
    """
    arguments = vars(_parse(argv))
    data_dir = arguments.pop("data_dir")
    output_dir = pathlib.Path(arguments.pop("output_dir"))
    config = VisionPretrainingConfig(**arguments)
    set_backend("jax")
    # After the backend is chosen: these import keras.
    from pali_tf.training.checkpoint import save_parameters
    from pali_tf.vision_pretraining.dataset import label_names
    from pali_tf.vision_pretraining.metrics_log import MetricsLog
    from pali_tf.vision_pretraining.parameters import vision_parameters
    from pali_tf.vision_pretraining.train import pretrain

    logging.set_verbosity(logging.INFO)
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
    (output_dir / "summary.json").write_text(json.dumps(summary, indent=2))
    return 0
