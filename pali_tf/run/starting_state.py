"""What a run starts from: its own checkpoint, others', or drawn values."""

from pathlib import Path

import jax
from absl import logging

from pali_tf import files
from pali_tf.checkpoints import initial_parameters
from pali_tf.checkpoints.run_checkpoints import Progress, RunCheckpoints
from pali_tf.errors import UserError
from pali_tf.run import run_files
from pali_tf.training import freezing
from pali_tf.training.configs import RestoreCheckpointConfig
from pali_tf.training.train_state import TrainState
from pali_tf.training.trainer import Trainer


def describe(trainer: Trainer, config: RestoreCheckpointConfig | None) -> str:
    """Tells what a run would train, from shapes alone.

    Args:
        trainer: the model on its devices.
        config: initial parameters.

    Returns:
        The table of what trains, and the parameters one by one.

    Raises:
        UserError: the layout or an initial checkpoint does not fit.
        MissingFileError: an initial checkpoint is not there.
    """
    specs = trainer.model.functional.specs
    origins = _find_origins(trainer, config or RestoreCheckpointConfig())
    info = run_files.model_info(
        specs, trainer.parameter_shardings, trainer.split
    )
    table = freezing.table(specs, trainer.split, origins)
    return f"What trains:\n{table}\n\n{info}"


def restore_or_draw(
    trainer: Trainer,
    checkpoints: RunCheckpoints,
    config: RestoreCheckpointConfig | None,
    expected: Progress,
) -> TrainState:
    """Gives the state to start from; the latest own checkpoint wins.

    Args:
        trainer: the model on its devices.
        checkpoints: of the run.
        config: initial parameters of a run that has no checkpoint.
        expected: the run's settings, which a checkpoint must agree with; its
            step is not used.

    Raises:
        DamagedCheckpointError: the checkpoint is damaged.
        UserError: it is not of this run, or does not fit the model.
    """
    specs = trainer.model.functional.specs
    config = config or RestoreCheckpointConfig()
    found = checkpoints.restore_latest(
        trainer.abstract_state, fallback=config.fallback
    )
    if found is not None:
        state, stored = found
        _check_progress(stored, expected, checkpoints.model_dir)
        own = f"checkpoint_{stored.step} of this run"
        origins = dict.fromkeys(specs, own)
        logging.info(
            "Resuming %s after step %d.", checkpoints.model_dir, stored.step
        )
    else:
        # Before anything is drawn, so that a mistake is told at once.
        origins = _find_origins(trainer, config)
        state = initial_parameters.replace_parameters(
            trainer.init_state(),
            origins,
            specs,
            trainer.parameter_shardings,
            config.selection(),
        )
    _report(trainer, origins, checkpoints.model_dir)
    return state


def _find_origins(
    trainer: Trainer, config: RestoreCheckpointConfig
) -> dict[str, str]:
    return initial_parameters.find_origins(
        config.paths(),
        trainer.model.functional.specs,
        config.selection(),
        fallback=config.fallback,
    )


def _report(trainer: Trainer, origins: dict[str, str], model_dir: Path) -> None:
    specs = trainer.model.functional.specs
    table = freezing.table(specs, trainer.split, origins)
    logging.info("What trains:\n%s", table)
    drawn = sorted(
        {p.split("/")[0] for p in trainer.split.frozen if p not in origins}
    )
    if drawn:
        logging.warning(
            "%s is frozen at random values: no checkpoint holds it. Name one "
            "by --gin.INITIAL_CHECKPOINT_PATH.",
            ", ".join(drawn),
        )
    if jax.process_index() == 0:
        files.write_whole(
            model_dir / "model-info.txt",
            run_files.model_info(
                specs, trainer.parameter_shardings, trainer.split
            ),
        )


def _check_progress(
    stored: Progress, expected: Progress, model_dir: Path
) -> None:
    for name, then, now in (
        ("RANDOM_SEED", stored.random_seed, expected.random_seed),
        ("the tasks", stored.task_names, expected.task_names),
        ("num_readers", stored.num_readers, expected.num_readers),
    ):
        if then != now:
            raise UserError(
                f"{model_dir} was trained with {name} {then}, this run has "
                f"{now}: it would not continue the same run. Restore the "
                "setting, or name a new MODEL_DIR and start from this one by "
                "INITIAL_CHECKPOINT_PATH."
            )
