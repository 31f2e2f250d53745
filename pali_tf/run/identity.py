"""What a run is: a flat JSON object, stored with each of its checkpoints.

A run goes on from a checkpoint only as what it was: other data, sizes or rates
would be another run under its name. What may change at any time (how long it
runs, how often it evaluates and saves, processes, readers, the mesh) is not
in here.
"""

import dataclasses
import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from absl import logging
from etils.epath import Path

from pali_tf.checkpoints import progress
from pali_tf.errors import UserError
from pali_tf.training.configs import DatasetConfig
from pali_tf.training.schedules import (
    NamedSchedule,
    create_learning_rate_scheduler,
)
from pali_tf.training.trainer import Trainer

Identity = dict[str, Any]

OTHER_DATA_FLAG = "--gin.RestoreCheckpointConfig.allow_other_data=True"
_VOCABULARY = "vocabulary"
# The keys that are as they are by default.
_AT_DEFAULT = "at_default"
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


def of_run(trainer: Trainer, data: Mapping[str, Any]) -> Identity:
    """Gives what a run is."""
    found = {**of_trainer(trainer), **data}
    found[_AT_DEFAULT] = [
        *of_trainer(trainer)[_AT_DEFAULT],
        *data.get(_AT_DEFAULT, ()),
    ]
    return found


def of_trainer(trainer: Trainer) -> Identity:
    """Gives what a run is, but for its data."""
    model: Any = trainer.model
    optimizer = type(model.optimizer_def).__name__
    rate = trainer.learning_rate_fn
    found = _Settings()
    found.keys |= {
        "seed": trainer.random_seed,
        "ema_decay": trainer.ema_decay,
        "optimizer": optimizer,
        _VOCABULARY: digest_of(getattr(model, "vocabulary", None)),
    }
    # A field's settings have its name, but for these.
    names = {"config": "sizes", "optimizer_def": optimizer}
    for field in dataclasses.fields(model):
        if field.name not in _NOT_OF_A_RUN:
            key = names.get(field.name, field.name)
            found.add(key, getattr(model, field.name), field.default)
    if isinstance(rate, NamedSchedule):
        known = inspect.signature(create_learning_rate_scheduler).parameters
        for name, value in rate.settings.items():
            found.add(f"learning_rate.{name}", value, known[name].default)
    return found.as_json()


def of_data(config: DatasetConfig) -> Identity:
    """Gives what a run is trained on.

    Args:
        config: its training data. A mixture of SeqIO's own tells neither
            choices nor digests.
    """
    mixture: Any = config.mixture_or_task_name
    tasks = getattr(mixture, "tasks", [mixture])
    root = getattr(mixture, "root", None)
    found = _Settings()
    found.keys |= {
        "mixture": mixture.name,
        "tasks": [task.name for task in tasks],
        "batch_size": config.batch_size,
        "split": config.split,
        "data_seed": config.seed or 0,
        "use_cached": config.use_cached,
    }
    found.add("lengths", config.task_feature_lengths)
    found.add("choices", getattr(mixture, "choices", None))
    for task in tasks:
        if len(tasks) > 1:
            found.keys[f"rates.{task.name}"] = float(mixture.get_rate(task))
        source = getattr(task.source, "source", None)
        if root is not None and source is not None:
            digest = root.data_sha256(source, config.split)
            found.keys[f"{_DATA}{source}"] = digest
    return found.as_json()


class _Settings:
    """Gathers settings, and which of them are at their default."""

    def __init__(self) -> None:
        self.keys: Identity = {}
        self._at_default: list[str] = []

    def add(self, key: str, value: Any, default: Any = ...) -> None:
        """Adds a setting, or those of a dataclass or mapping below its key."""
        if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                if field.name not in _NOT_OF_A_RUN:
                    part = getattr(value, field.name)
                    self.add(f"{key}.{field.name}", part, field.default)
        elif isinstance(value, Mapping):
            for name, part in value.items():
                self.add(f"{key}.{name}", part)
        else:
            self.keys[key] = value
            if value == default:
                self._at_default.append(key)

    def as_json(self) -> Identity:
        """Gives them as they come back from a file: lists for tuples."""
        found = {**self.keys, _AT_DEFAULT: self._at_default}
        return json.loads(json.dumps(found, default=str))


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
    """Gives the keys that differ.

    What only one of them has, at its default, is of another version.
    """
    of_version = {
        key
        for one, other in ((a, b), (b, a))
        for key in one.get(_AT_DEFAULT, ())
        if key not in other
    }
    return [
        key
        for key in {**a, **b}
        if key != _AT_DEFAULT
        and key not in of_version
        and a.get(key) != b.get(key)
    ]


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
