"""`pali eval`: decodes and scores every task of a mixture.

The run file binds `evaluate` under the name that T5X's eval.py gives it.
"""

import functools
from collections.abc import Callable
from typing import Any

from absl import logging

from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.commands.train import train  # noqa: F401 (bound by the model's own file)
from pali_tf.evaluation.score_table import format_table
from pali_tf.run import program_log
from pali_tf.training.configs import (
    DatasetConfig,
    Evaluator,
    RestoreCheckpointConfig,
)


def evaluate(
    *,
    model: Any,
    dataset_cfg: DatasetConfig,
    restore_checkpoint_cfg: RestoreCheckpointConfig,
    partitioner: Any,
    output_dir: str,
    inference_evaluator_cls: Callable[[], Evaluator] = Evaluator,
    is_dry_run: bool = False,
) -> dict[str, dict[str, float]]:
    """Evaluates a checkpoint; its arguments are those of T5X's function.

    Args:
        model: a PaliTrainingModel.
        partitioner: how the model is laid out over devices.
        dataset_cfg: the mixture, its split and lengths, and the batch size.
        restore_checkpoint_cfg: which checkpoint.
        output_dir: `inference_eval/` is written there.
        inference_evaluator_cls: gives how it is scored.
        is_dry_run: find the checkpoint and the tasks, and stop.

    Returns:
        {task: {metric: value, "blind/<metric>": value}}.

    Source: google-research/t5x, t5x/eval.py.
    """
    # These import JAX and TensorFlow; the backend is chosen by now.
    from pali_tf.checkpoints import checkpoint
    from pali_tf.evaluation import evaluator
    from pali_tf.run import predictor

    path = restore_checkpoint_cfg.one_path()
    tasks = dataset_cfg.mixture_or_task_name.tasks
    if is_dry_run:
        names = ", ".join(task.name for task in tasks)
        logging.info("Dry run: would evaluate %s on", checkpoint.find(path))
        logging.info("%s.", names)
        return {}
    params, step = predictor.load_model_parameters(
        model,
        path,
        partitioner,
        restore_checkpoint_cfg.selection(),
        fallback=restore_checkpoint_cfg.fallback,
    )
    lengths = dataset_cfg.task_feature_lengths
    decoder = predictor.Predictor(model, partitioner, lengths["targets"])
    scores = {}
    for task in tasks:
        logging.info("Evaluating %s.", task.name)
        scores[task.name] = evaluator.evaluate_task(
            task,
            functools.partial(decoder.predict, params),
            feature_lengths=lengths,
            rank_fn=functools.partial(decoder.rank, params),
            split=dataset_cfg.split,
            batch_size=dataset_cfg.batch_size,
            num_examples=dataset_cfg.num_examples,
            seed=dataset_cfg.seed or 0,
            blind=inference_evaluator_cls().use_blind_control,
            output_dir=output_dir,
            step=step,
            made_by={"checkpoint": path, "decoding": model.decoding.settings()},
        )
    print(f"Step {step}, split {dataset_cfg.split}:")
    print(format_table(scores), flush=True)
    return scores


def main(argv: list[str]) -> int:
    """Runs the command."""
    flags = gin_flags.parse_flags("pali eval", __doc__ or "", argv)
    set_backend("jax")
    program_log.set_up()
    gin_flags.load(flags, __name__)
    # After the files are read, so that a mistake in them is told at once.
    from pali_tf.run import host_tensorflow

    host_tensorflow.set_up()
    gin_flags.call(evaluate, is_dry_run=flags.is_dry_run)
    return 0
