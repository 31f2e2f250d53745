"""What a run is: a flat JSON object, stored with each of its checkpoints.

A run goes on from a checkpoint only as what it was: other data, sizes or rates
would be another run under its name. What may change at any time (how long it
runs, how often it evaluates and saves, processes, readers, the mesh) is not
in here.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from absl import logging

from pali_tf.checkpoints import progress
from pali_tf.errors import UserError
from pali_tf.training.configs import DatasetConfig
from pali_tf.training.schedules import NamedSchedule
from pali_tf.training.trainer import Trainer

Identity = dict[str, Any]

OTHER_DATA_FLAG = "--gin.RestoreCheckpointConfig.allow_other_data=True"
_VOCABULARY = "vocabulary"
_DATA = "data."
# Fields that do not tell what is trained; the vocabulary is told by digest.
_NOT_OF_A_RUN = ("vocabulary", "decoding", "remat_policy")
# Lengths of a schedule that are a run's length: it may change.
_LENGTHS = (
    "learning_rate.decay_to_zero_steps",
    "learning_rate.steps_per_cycle",
)
# What sets a key; the first that matches. What has no macro is set by name.
_FLAGS = (
    (r"mixture|tasks|rates\..*", "MIXTURE_OR_TASK_NAME"),
    (r"choices\.(.*)", r"TaskChoices.\1"),
    (r"lengths\..*", "TASK_FEATURE_LENGTHS"),
    (r"seed|data_seed", "RANDOM_SEED"),
    (r"batch_size|trainable|z_loss|label_smoothing", None),
    (r"loss_normalizing_factor|ema_decay", None),
    (r"sizes\.vision\.image_size", "IMAGE_SIZE"),
    (r"sizes\.\w+\.(dtype|scan_layers|dropout_rate)|dropout_rate", None),
    (r"sizes\..*", "pali_config.get_config.name"),
    (r"optimizer", "OPTIMIZER"),
    (r"Adafactor\.(multiply_by_parameter_scale)", None),
    (r"[A-Z]\w*\..*", r"\g<0>"),
    (r"learning_rate\.base_learning_rate", "PEAK_LEARNING_RATE"),
    (r"learning_rate\.warmup_steps", "WARMUP_STEPS"),
    (r"learning_rate\.(.*)", r"create_learning_rate_scheduler.\1"),
    (r"lora\.(rank|target)", None),
    (r"use_cached", "USE_CACHED_TASKS"),
    (r"vocabulary", "DATA_DIR"),
)
_MOST_TOLD = 4
_DIGEST = re.compile(r"[0-9a-f]{64}")


def of_trainer(trainer: Trainer) -> Identity:
    """Gives what a run is, but for its data."""
    model: Any = trainer.model
    optimizer = type(model.optimizer_def).__name__
    rate = trainer.learning_rate_fn
    # A field's settings have its name, but for these.
    names = {"config": "sizes", "optimizer_def": optimizer}
    found: Identity = {
        "seed": trainer.random_seed,
        "ema_decay": trainer.ema_decay,
        "optimizer": optimizer,
        _VOCABULARY: digest_of(getattr(model, "vocabulary", None)),
    }
    for field in dataclasses.fields(model):
        if field.name not in _NOT_OF_A_RUN:
            key = names.get(field.name, field.name)
            found |= _flat(key, getattr(model, field.name))
    if isinstance(rate, NamedSchedule):
        found |= _flat("learning_rate", rate.settings)
    return _as_json(found)


def of_data(config: DatasetConfig) -> Identity:
    """Gives what a run is trained on.

    Args:
        config: its training data. A mixture of SeqIO's own tells neither
            choices nor digests.
    """
    mixture: Any = config.mixture_or_task_name
    tasks = getattr(mixture, "tasks", [mixture])
    root = getattr(mixture, "root", None)
    found: Identity = {
        "mixture": mixture.name,
        "tasks": [task.name for task in tasks],
        "batch_size": config.batch_size,
        "split": config.split,
        "data_seed": config.seed or 0,
        "use_cached": config.use_cached,
        **_flat("lengths", config.task_feature_lengths),
        **_flat("choices", getattr(mixture, "choices", None)),
    }
    for task in tasks:
        if len(tasks) > 1:
            found[f"rates.{task.name}"] = float(mixture.get_rate(task))
        source = getattr(task.source, "source", None)
        if root is not None and source is not None:
            digest = root.data_sha256(source, config.split)
            found[f"{_DATA}{source}"] = digest
    return _as_json(found)


def digest_of(vocabulary: Any) -> str | None:
    """Gives the SHA-256 of a SentencePiece vocabulary; None: there is none."""
    if vocabulary is None:
        return None
    return hashlib.sha256(vocabulary.sp_model).hexdigest()


def check(
    stored: Mapping[str, Any],
    now: Mapping[str, Any],
    model_dir: Path,
    *,
    allow_other_data: bool = False,
) -> None:
    """Checks that a run goes on as what it was.

    Args:
        stored: what its checkpoint tells.
        now: what it is now.
        model_dir: of the run, for the message.
        allow_other_data: whether stored examples may have changed.

    Raises:
        UserError: it is another run; the message has both values of each
            difference, and what sets them.
    """
    keys = _differing(stored, now)
    of_data = [key for key in keys if key.startswith(_DATA)]
    lengths = [key for key in keys if key in _LENGTHS]
    others = [key for key in keys if key not in (*of_data, *lengths)]
    if others:
        raise UserError(
            f"{model_dir} holds another run: {_told(others, stored, now)}. "
            "Give it what it was trained with, or begin a new phase: a new "
            f"MODEL_DIR with --gin.INITIAL_CHECKPOINT_PATH=\"'{model_dir}'\"."
        )
    if lengths:
        logging.info("Another length: %s.", _told(lengths, stored, now))
    if not of_data:
        return
    changed = (
        f"The stored examples of {model_dir} have changed since its "
        f"checkpoint: {_told(of_data, stored, now)}. Batches from here on are "
        "not those that an unbroken run would have"
    )
    if not allow_other_data:
        raise UserError(
            f"{changed}. Put the data back, or go on with them as they are by "
            f"{OTHER_DATA_FLAG}."
        )
    logging.warning("%s, as %s allows.", changed, OTHER_DATA_FLAG)


def check_vocabulary(path: Path, vocabulary: Any) -> None:
    """Checks that a checkpoint's tokens mean what a vocabulary says.

    Args:
        path: a complete checkpoint; nothing is checked where it does not tell
            its vocabulary.
        vocabulary: SentencePiece's; None: nothing is checked.

    Raises:
        UserError: it was trained with another one.
    """
    stored = progress.read(path).get("identity", {}).get(_VOCABULARY)
    if stored is None or vocabulary is None:
        return
    own = digest_of(vocabulary)
    if stored != own:
        raise UserError(
            f"{path} was trained with another vocabulary (SHA-256 "
            f"{_short(stored)}) than this one ({_short(own)}): its tokens "
            "would stand for other text. Name the DATA_DIR whose "
            "sentencepiece.model it was trained with."
        )


def check_alike(everyones: Iterable[Mapping[str, Any]]) -> None:
    """Checks that the processes of a run were started alike.

    Args:
        everyones: the settings of each process, in their order.

    Raises:
        UserError: two differ; the message has both values of each difference.
    """
    first, *others = everyones
    for index, other in enumerate(others, 1):
        keys = _differing(first, other)
        if keys:
            pairs = "; ".join(
                f"{key} is {_short(first.get(key))} there and "
                f"{_short(other.get(key))} here"
                for key in keys[:_MOST_TOLD]
            )
            raise UserError(
                f"Process {index} was not started as process 0 was: {pairs}. "
                "Give every process of a run the same command."
            )


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return [key for key in {**a, **b} if a.get(key) != b.get(key)]


def _told(
    keys: list[str], stored: Mapping[str, Any], now: Mapping[str, Any]
) -> str:
    told = [
        f"{key} was {_short(stored.get(key))} and is {_short(now.get(key))}"
        f"{_flag(key)}"
        for key in keys[:_MOST_TOLD]
    ]
    more = len(keys) - _MOST_TOLD
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def _flag(key: str) -> str:
    """Gives " (--gin.X)", what sets a key; "" where nothing does."""
    for pattern, flag in _FLAGS:
        match = re.fullmatch(pattern, key)
        if match:
            name = key.rpartition(".")[2]
            macro = f"{'LORA_' * ('lora' in key)}{name}".upper()
            return f" (--gin.{match.expand(flag) if flag else macro})"
    return ""


def _short(value: Any) -> str:
    text = repr(value)
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:12]
    return text if len(text) <= 80 else f"{text[:77]}..."


def _flat(key: str, value: Any) -> Identity:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {
            field.name: getattr(value, field.name)
            for field in dataclasses.fields(value)
        }
    if not isinstance(value, Mapping):
        return {} if value is None else {key: value}
    return {
        name: leaf
        for below, part in value.items()
        if below not in _NOT_OF_A_RUN
        for name, leaf in _flat(f"{key}.{below}", part).items()
    }


def _as_json(found: Identity) -> Identity:
    """Gives it as it comes back from a file: lists for tuples."""
    return json.loads(json.dumps(found, default=str))
