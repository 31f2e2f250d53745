"""`pali infer`: writes a model's predictions, or its scores of the targets.

One JSON object an example, to `<output_dir>/<task>-<split>-<step>.jsonl`. The
run file binds `infer` under the name that T5X's infer.py gives it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from absl import logging

from pali_tf import files, json_files
from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.commands.train import train  # noqa: F401 (bound by the model's own file)
from pali_tf.errors import UserError
from pali_tf.run import program_log
from pali_tf.training.configs import DatasetConfig, RestoreCheckpointConfig

_MODES = ("predict", "score")


def infer(
    *,
    mode: str,
    model: Any,
    dataset_cfg: DatasetConfig,
    restore_checkpoint_cfg: RestoreCheckpointConfig,
    partitioner: Any,
    output_dir: str,
    is_dry_run: bool = False,
) -> None:
    """Runs a model over a split; its arguments are those of T5X's function.

    Args:
        mode: "predict": decode; "score": the log-probability of the target.
        model: a PaliTrainingModel.
        dataset_cfg: the mixture, its split and lengths, and the batch size.
        restore_checkpoint_cfg: which checkpoint.
        partitioner: how the model is laid out over devices.
        output_dir: where the files go.
        is_dry_run: find the checkpoint and the tasks, and stop.

    Source: google-research/t5x, t5x/infer.py.
    """
    # These import JAX and TensorFlow; the backend is chosen by now.
    from pali_tf.checkpoints import checkpoint
    from pali_tf.run import predictor

    if mode not in _MODES:
        raise UserError(f"MODE is {mode!r}, not one of {list(_MODES)}.")
    path = restore_checkpoint_cfg.one_path()
    tasks = dataset_cfg.mixture_or_task_name.tasks
    if is_dry_run:
        names = ", ".join(task.name for task in tasks)
        logging.info("Dry run: would run %s on", checkpoint.find(path))
        logging.info("%s.", names)
        return
    params, step = predictor.load_model_parameters(
        model,
        path,
        partitioner,
        restore_checkpoint_cfg.selection(),
        fallback=restore_checkpoint_cfg.fallback,
    )
    runner = predictor.Predictor(
        model, partitioner, dataset_cfg.task_feature_lengths["targets"]
    )

    def run(batch: Any) -> list[dict[str, Any]]:
        if mode == "predict":
            return [_prediction(x) for x in runner.predict_all(params, batch)]
        return [{"score": score} for score in runner.score(params, batch)]

    for task in tasks:
        name = f"{task.name}-{dataset_cfg.split}-{step:06d}.jsonl"
        target = files.as_path(output_dir) / name
        count = json_files.write_lines(target, _lines(task, dataset_cfg, run))
        logging.info("Wrote %d examples to %s.", count, target)


def _lines(
    task: Any,
    config: DatasetConfig,
    run: Callable[[Any], list[dict[str, Any]]],
) -> Iterator[dict[str, Any]]:
    """Runs one task, a batch at a time."""
    from pali_tf.evaluation import prediction_files
    from pali_tf.evaluation.eval_examples import EvalExamples

    vocabulary = task.output_features["inputs"].vocabulary
    examples = EvalExamples(
        task,
        feature_lengths=config.task_feature_lengths,
        split=config.split,
        batch_size=config.batch_size,
        seed=config.seed or 0,
        limit=config.num_examples,
    )
    for batch, rows in examples.batches():
        for fields, found in zip(rows, run(batch), strict=False):
            line = prediction_files.describe_example(fields, vocabulary)
            yield line | found


def _prediction(answers: list[tuple[str, float]]) -> dict[str, Any]:
    """Gives the fields of a line: the best answer, and all if there are more.

    Example: [("a", -1.0), ("b", -2.0)] gives {"prediction": "a", "score":
    -1.0, "answers": [{"text": "a", "score": -1.0}, ...]}.
    """
    text, score = answers[0]
    fields: dict[str, Any] = {"prediction": text, "score": score}
    if len(answers) > 1:
        fields["answers"] = [{"text": t, "score": s} for t, s in answers]
    return fields


def main(argv: list[str]) -> int:
    """Runs the command; gives its exit status."""
    flags = gin_flags.parse_flags("pali infer", __doc__ or "", argv)
    set_backend("jax")
    program_log.set_up()
    gin_flags.load(flags, __name__)
    # After the files are read, so that a mistake in them is told at once.
    from pali_tf.run import host_tensorflow

    host_tensorflow.set_up()
    gin_flags.call(infer, is_dry_run=flags.is_dry_run)
    return 0
