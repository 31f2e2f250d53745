"""What a run starts from: its own checkpoint, others', or drawn values."""

from collections.abc import Mapping
from typing import Any

import jax
from absl import logging
from etils.epath import Path

from pali_tf import files
from pali_tf.checkpoints import initial_parameters
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.run import identity, run_files
from pali_tf.training import freezing
from pali_tf.training.configs import RestoreCheckpointConfig
from pali_tf.training.train_state import TrainState
from pali_tf.training.trainer import Trainer

_VISION = "vision/"


def describe(trainer: Trainer, config: RestoreCheckpointConfig | None) -> str:
    """Tells what a run would train, from shapes alone."""
    specs = trainer.model.functional.specs
    origins = find_origins(trainer.model, config or RestoreCheckpointConfig())
    info = run_files.model_info(
        specs, trainer.parameter_shardings, trainer.split
    )
    table = freezing.table(specs, trainer.split, origins)
    return f"What trains:\n{table}\n\n{info}"


def restore_or_draw(
    trainer: Trainer,
    checkpoints: RunCheckpoints,
    config: RestoreCheckpointConfig | None,
    own_identity: Mapping[str, Any],
) -> tuple[TrainState, Progress]:
    """Gives the state to start from; the latest own checkpoint wins.

    Returns:
        (state, what its checkpoint tells).
    """
    specs = trainer.model.functional.specs
    config = config or RestoreCheckpointConfig()

    def check(stored: Progress) -> None:
        identity.check(
            stored.identity,
            own_identity,
            checkpoints.model_dir,
            allow_other_data=config.allow_other_data,
        )

    found = checkpoints.restore_latest(
        trainer.abstract_state, fallback=config.fallback, check=check
    )
    if found is not None:
        state, stored = found
        own = f"checkpoint_{stored.step} of this run"
        origins = dict.fromkeys(specs, own)
        logging.info(
            "Resuming %s after step %d.", checkpoints.model_dir, stored.step
        )
    else:
        stored = Progress(step=0)
        # Before anything is drawn, so that a mistake is told at once.
        origins = find_origins(trainer.model, config)
        state = initial_parameters.replace_parameters(
            trainer.init_state(),
            origins,
            specs,
            trainer.parameter_shardings,
            config.selection(),
        )
    _report(trainer, origins, checkpoints.model_dir)
    return state, stored


def find_origins(model: Any, config: RestoreCheckpointConfig) -> dict[str, str]:
    """Finds which checkpoint each initial parameter is from.

    Args:
        model: a PaliTrainingModel.
        config: initial parameters.

    Returns:
        {parameter path: checkpoint path}; what is in none is left out.

    Raises:
        UserError: one does not fit the model, or is of another vocabulary.
        MissingFileError: one is not there.
    """
    origins = initial_parameters.find_origins(
        config.paths(),
        model.functional.specs,
        config.selection(),
        fallback=config.fallback,
    )
    with_tokens = {
        path for name, path in origins.items() if not name.startswith(_VISION)
    }
    for path in sorted(with_tokens):
        vocabulary = getattr(model, "vocabulary", None)
        identity.check_vocabulary(files.as_path(path), vocabulary)
    return origins


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
