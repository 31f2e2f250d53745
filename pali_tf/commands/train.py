"""`pali train`: trains a model as gin files describe it.

The run file binds `train` under the name that T5X's train.py gives it, so the
same files serve both.
"""

import argparse
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from absl import logging

from pali_tf import files
from pali_tf.backend import set_backend
from pali_tf.commands import gin_flags
from pali_tf.errors import UserError
from pali_tf.run import processes, program_log
from pali_tf.training.configs import (
    CheckpointConfig,
    DatasetConfig,
    check_training_order,
)


def train(
    *,
    model: Any,
    model_dir: str,
    train_dataset_cfg: DatasetConfig,
    checkpoint_cfg: CheckpointConfig,
    partitioner: Any,
    trainer_cls: Callable[..., Any],
    total_steps: int,
    random_seed: int,
    train_eval_dataset_cfg: DatasetConfig | None = None,
    infer_eval_dataset_cfg: DatasetConfig | None = None,
    eval_steps: int = 20,
    eval_period: int = 1000,
    stats_period: int = 100,
    relative_steps: int | None = None,
    summarize_config_fn: Callable[[str, Any, int], None] | None = None,
    is_dry_run: bool = False,
    profile_steps: str | None = None,
) -> int:
    """Trains; its arguments are those of the function of this name in T5X.

    Args:
        model: a PaliTrainingModel.
        model_dir: where everything of the run is written.
        train_dataset_cfg: what to train on.
        checkpoint_cfg: saving, and initial parameters.
        partitioner: how the run is laid out over devices.
        trainer_cls: makes the trainer.
        total_steps: the step to stop after.
        random_seed: of initial values, dropout and data.
        train_eval_dataset_cfg: what the loss is evaluated on; None: nothing.
        infer_eval_dataset_cfg: what is decoded and scored; None: nothing.
        eval_steps: batches of one evaluation of the loss.
        eval_period: steps between evaluations.
        stats_period: steps between log lines.
        relative_steps: steps to add to where the run stands; takes the place
            of `total_steps`.
        summarize_config_fn: (model_dir, writer, step) -> None.
        is_dry_run: show what would train, and stop.
        profile_steps: "FIRST:LAST", the steps that a trace is written of;
            None: none.

    Source: google-research/t5x, t5x/train.py.
    """
    # These import JAX and keras; the backend is chosen by now.
    from pali_tf.run import identity, loop, profiling, starting_state
    from pali_tf.visual_tokens import run_check

    _check_seed(random_seed)
    check_training_order(train_dataset_cfg)
    data = train_dataset_cfg.mixture_or_task_name
    traced = profiling.parse_steps(profile_steps) if profile_steps else None
    trainer = trainer_cls(
        model=model,
        partitioner=partitioner,
        num_tasks=len(data.tasks),
        random_seed=random_seed,
    )
    datasets = train_dataset_cfg, train_eval_dataset_cfg, infer_eval_dataset_cfg
    check_tokens = run_check.check_settings(trainer, datasets)
    config = loop.RunConfig(
        model_dir=model_dir,
        total_steps=total_steps,
        relative_steps=relative_steps,
        stats_period=stats_period,
        eval_period=eval_period,
        checkpoint=checkpoint_cfg,
        task_names=data.task_names,
        data=identity.of_data(train_dataset_cfg),
        profile_steps=traced,
    )
    if is_dry_run:
        logging.info("Dry run: nothing is trained or written.")
        told = starting_state.describe(trainer, checkpoint_cfg.restore)
        logging.info("%s", told)
        return 0
    _check_data(datasets if eval_period else datasets[:1])
    batches = functools.partial(_batches, mesh=trainer.mesh)
    hooks = loop.Hooks(
        batches_from=functools.partial(batches, train_dataset_cfg),
        eval_batches=_eval_batches(batches, train_eval_dataset_cfg, eval_steps),
        infer_eval=_infer_eval(
            model, partitioner, infer_eval_dataset_cfg, model_dir
        ),
        check_state=check_tokens,
        before_first_step=functools.partial(
            _write_run_files,
            trainer,
            train_dataset_cfg,
            model_dir,
            summarize_config_fn,
        ),
    )
    step, _ = loop.run(trainer, config, hooks)
    logging.info("Done after step %d; the run is in %s.", step, model_dir)
    return step


def _check_data(datasets: Iterable[DatasetConfig | None]) -> None:
    """Raises MissingFileError before step 1, not at the first evaluation."""
    for config in filter(None, datasets):
        for task in config.mixture_or_task_name.tasks:
            task.source.list_shards(config.split)


def _check_seed(random_seed: Any) -> None:
    if not isinstance(random_seed, int):
        raise UserError(
            f"RANDOM_SEED is {random_seed!r}; a run is a function of its seed, "
            "so it must be a whole number."
        )


def _write_run_files(
    trainer: Any,
    config: DatasetConfig,
    model_dir: str,
    summarize_config_fn: Callable[[str, Any, int], None] | None,
    step: int,
    writer: Any,
) -> None:
    from pali_tf.run import run_files

    if not processes.is_first():
        return
    run_files.write_environment(model_dir, step=_work(trainer, config))
    if summarize_config_fn is not None:
        summarize_config_fn(model_dir, writer, step)


def _work(trainer: Any, config: DatasetConfig) -> dict[str, float]:
    """Gives what a step is, from which a report tells the MFU."""
    from pali_tf.planning.estimate import flops_of
    from pali_tf.planning.run import Run

    run = Run(
        trainer=trainer,
        batch_size=config.batch_size,
        feature_lengths=config.task_feature_lengths,
    )
    # The ViT's own were done when its tokens were stored.
    is_stored = "visual_tokens" in config.task_feature_lengths
    flops = sum(
        part.model
        for part in flops_of(run)
        if not (is_stored and part.part == "vision")
    )
    return {
        "examples": config.batch_size,
        "model_flops": flops * config.batch_size,
    }


def _batches(config: DatasetConfig, start: int, *, mesh: Any) -> Iterator[Any]:
    """Gives this process' rows of each batch from index `start` on."""
    from pali_tf.data import input_pipeline
    from pali_tf.partitioning.process_rows import process_rows

    return input_pipeline.train_batches(
        config.mixture_or_task_name,
        input_pipeline.reading_of(
            config, start, process_rows(mesh, config.batch_size)
        ),
    )


def _eval_batches(
    batches: Callable[[DatasetConfig, int], Iterator[Any]],
    config: DatasetConfig | None,
    num_batches: int,
) -> Callable[[], Iterable[Any]] | None:
    if config is None:
        return None
    return lambda: itertools.islice(batches(config, 0), num_batches)


def _infer_eval(
    model: Any, partitioner: Any, config: DatasetConfig | None, model_dir: str
) -> Callable[[Any, int], None] | None:
    if config is None:
        return None
    from pali_tf.evaluation import evaluator
    from pali_tf.evaluation.eval_examples import Share
    from pali_tf.partitioning.process_rows import process_rows
    from pali_tf.run.metric_writer import EventFile
    from pali_tf.run.predictor import Predictor

    predictor = Predictor(
        model, partitioner, config.task_feature_lengths["targets"]
    )
    share = Share(
        process_rows(partitioner.mesh(), config.batch_size), processes.gather
    )

    def evaluate(state: Any, step: int) -> None:
        params = state.evaluated_params()
        scores = evaluator.evaluate_mixture(
            config.mixture_or_task_name,
            functools.partial(predictor.predict, params),
            feature_lengths=config.task_feature_lengths,
            rank_fn=functools.partial(predictor.rank, params),
            split=config.split,
            batch_size=config.batch_size,
            seed=config.seed or 0,
            output_dir=model_dir if processes.is_first() else None,
            step=step,
            share=share,
            made_by={
                "checkpoint": model_dir,
                "decoding": model.decoding.settings(),
            },
        )
        if not processes.is_first():
            return
        for task, numbers in scores.items():
            folder = files.as_path(model_dir) / "inference_eval" / task
            # What a killed run wrote of this step and later ones is undone.
            with EventFile(folder, start_step=step - 1) as events:
                events.write(step, numbers)

    return evaluate


def _add_flags(parser: argparse.ArgumentParser) -> None:
    processes.add_flags(parser)
    parser.add_argument(
        "--profile_steps",
        metavar="FIRST:LAST",
        help="write a trace of these steps, both included, to "
        "MODEL_DIR/profile, for TensorBoard's profile plugin",
    )
    parser.add_argument(
        "--seqio_additional_cache_dirs",
        metavar="DIR,...",
        help="where seqio_cache_tasks wrote, for USE_CACHED_TASKS = True",
    )


def main(argv: list[str]) -> int:
    """Runs the command.

    Returns:
        The exit status: 128 + the signal's number if the run was stopped.
    """
    flags = gin_flags.parse_flags("pali train", __doc__ or "", argv, _add_flags)
    process_flags = processes.flags_of(flags.arguments)
    set_backend("jax")
    program_log.set_up()
    gin_flags.load(flags, __name__)
    # After the files are read, so that a mistake in them is told at once.
    from pali_tf.run import host_memory, host_tensorflow, identity
    from pali_tf.run.interruption import TrainingInterrupted

    host_tensorflow.set_up()
    if flags.arguments.seqio_additional_cache_dirs:
        from pali_tf.data import task_features

        task_features.add_cache_dirs(
            flags.arguments.seqio_additional_cache_dirs
        )
    try:
        with processes.joined(process_flags):
            host_memory.keep_between_steps()
            identity.check_alike(processes.gather(gin_flags.bindings()))
            gin_flags.call(
                train,
                is_dry_run=flags.is_dry_run,
                profile_steps=flags.arguments.profile_steps,
            )
    except TrainingInterrupted as stop:
        logging.warning("%s", stop)
        return 128 + stop.signal_number
    return 0
