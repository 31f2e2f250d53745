"""A run goes on as what it was, or says what is different."""

import dataclasses
import re
import types

import pytest
from absl import logging

from pali_tf.checkpoints import checkpoint
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.data.task_choices import TaskChoices
from pali_tf.errors import UserError
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.run import identity
from pali_tf.training.configs import DatasetConfig
from pali_tf.training.elementwise_optimizers import Lion
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.schedules import create_learning_rate_scheduler
from tests.support import tiny_pali, toy_model
from tests.support.repository import ROOT


class Root:
    def __init__(self, digest):
        self.digest = digest

    def data_sha256(self, source, split):
        return f"{source}/{split}/{self.digest}"


def make_data(*names, digest="1", rate=1.0, choices=None, **changes):
    """What RunData tells."""
    tasks = [
        types.SimpleNamespace(
            name=name, source=types.SimpleNamespace(source="webli")
        )
        for name in names or ("a", "b")
    ]
    mixture = types.SimpleNamespace(
        name="mine",
        tasks=tasks,
        root=Root(digest),
        choices=choices or TaskChoices(),
        get_rate=lambda task: rate if task.name == "a" else 1.0,
    )
    fields = {
        "mixture_or_task_name": mixture,
        "task_feature_lengths": {"inputs": 8, "targets": 4, "images": 16},
        "split": "train",
        "batch_size": 8,
        "shuffle": True,
        "seed": None,
    }
    return identity.of_data(DatasetConfig(**fields | changes))


def make_model(**changes):
    trainer = toy_model.make_trainer()
    model = PaliTrainingModel(
        **{"config": tiny_pali.make_config(), "optimizer_def": Adafactor()}
        | changes
    )
    return identity.of_trainer(dataclasses.replace(trainer, model=model))


def with_vision(**changes):
    config = tiny_pali.make_config()
    vision = dataclasses.replace(config.vision, **changes)
    return dataclasses.replace(config, vision=vision)


def with_rate(**changes):
    rate = create_learning_rate_scheduler(**changes)
    trainer = toy_model.make_trainer()
    trainer = dataclasses.replace(trainer, learning_rate_fn=rate)
    return identity.of_trainer(trainer)


@pytest.mark.parametrize(
    ("stored", "now", "told"),
    [
        (make_data(), make_data("a", "c"), r"--gin.MIXTURE_OR_TASK_NAME"),
        (
            make_data(),
            make_data(rate=2.0),
            r"rates.a was 1.0 and is 2.0 \(--gin.MIXTURE_OR_TASK_NAME\)",
        ),
        (
            make_data(),
            make_data(batch_size=16),
            r"batch_size was 8 and is 16 \(--gin.BATCH_SIZE\)",
        ),
        (
            make_data(),
            make_data(task_feature_lengths={"inputs": 9, "targets": 4}),
            r"lengths.inputs was 8 and is 9 \(--gin.TASK_FEATURE_LENGTHS\); "
            r"lengths.images was 16 and is None",
        ),
        (
            make_data(),
            make_data(choices=TaskChoices(max_detected=9)),
            r"max_detected was 4 and is 9 \(--gin.TaskChoices.max_detected\)",
        ),
        (
            identity.of_trainer(toy_model.make_trainer()),
            identity.of_trainer(toy_model.make_trainer(seed=1, ema_decay=0.5)),
            r"seed was 0 and is 1 \(--gin.RANDOM_SEED\); "
            r"ema_decay was None and is 0.5 \(--gin.EMA_DECAY\)",
        ),
        (
            make_model(),
            make_model(optimizer_def=Lion()),
            r"optimizer was 'Adafactor' and is 'Lion' \(--gin.OPTIMIZER\)",
        ),
        (
            make_model(),
            make_model(optimizer_def=Adafactor(decay_rate=0.9)),
            r"was 0.8 and is 0.9 \(--gin.Adafactor.decay_rate\)",
        ),
        (
            make_model(),
            make_model(config=with_vision(image_size=96)),
            r"sizes.vision.image_size was \d+ and is 96 \(--gin.IMAGE_SIZE\)",
        ),
        (
            make_model(lora=LoRAConfig(rank=4)),
            make_model(lora=LoRAConfig(rank=8)),
            r"lora.rank was 4 and is 8 \(--gin.LORA_RANK\)",
        ),
        (
            make_model(),
            make_model(trainable="decoder/.*"),
            r"trainable was '.*' and is 'decoder/.*' \(--gin.TRAINABLE\)",
        ),
        (
            make_model(
                vocabulary=types.SimpleNamespace(vocab_size=9, sp_model=b"one")
            ),
            make_model(
                vocabulary=types.SimpleNamespace(vocab_size=9, sp_model=b"two")
            ),
            r"vocabulary was [0-9a-f]{12} and is [0-9a-f]{12} "
            r"\(--gin.DATA_DIR\)",
        ),
        (
            with_rate(base_learning_rate=0.5),
            with_rate(base_learning_rate=0.1),
            r"was 0.5 and is 0.1 \(--gin.PEAK_LEARNING_RATE\)",
        ),
        (
            with_rate(),
            with_rate(factors="constant"),
            r"is 'constant' \(--gin.create_learning_rate_scheduler.factors\)",
        ),
    ],
)
def test_another_run_is_refused_with_both_values(tmp_path, stored, now, told):
    with pytest.raises(UserError, match=told) as caught:
        identity.check(stored, now, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path} holds another run: ")
    assert f"--gin.INITIAL_CHECKPOINT_PATH=\"'{tmp_path}'\"" in message


def test_a_run_may_be_longer_and_laid_out_anew(tmp_path):
    factors = "constant * linear_decay_to_zero"
    identity.check(
        with_rate(factors=factors, decay_to_zero_steps=10),
        with_rate(factors=factors, decay_to_zero_steps=20),
        tmp_path,
    )
    identity.check(
        make_model(),
        make_model(config=with_vision(remat_policy="block")),
        tmp_path,
    )
    identity.check(make_data(), make_data(num_readers=4), tmp_path)


def test_a_setting_of_a_later_version_is_no_difference_at_its_default(
    tmp_path,
):
    now = identity.of_run(toy_model.make_trainer(), make_data())
    before = {
        key: value
        for key, value in now.items()
        if key not in ("choices.max_listed", "Adafactor.epsilon1")
    }
    before["at_default"] = [key for key in now["at_default"] if key in before]
    identity.check(before, now, tmp_path)
    identity.check(now, before, tmp_path)
    other = make_data(choices=TaskChoices(max_listed=3))
    other = identity.of_run(toy_model.make_trainer(), other)
    with pytest.raises(UserError, match="max_listed was None and is 3"):
        identity.check(before, other, tmp_path)


def test_changed_data_need_a_word(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(logging.get_absl_logger(), "propagate", True)
    stored, now = make_data(digest="1"), make_data(digest="2")
    with pytest.raises(UserError, match="allow_other_data=True") as caught:
        identity.check(stored, now, tmp_path)
    assert "data.webli was 'webli/train/1' and is" in str(caught.value)
    identity.check(stored, now, tmp_path, allow_other_data=True)
    assert "have changed since its checkpoint" in caplog.text


def test_every_flag_is_one_that_the_files_have():
    files = "\n".join(p.read_text() for p in (ROOT / "gin").rglob("*.gin"))
    keys = {
        *make_data(seed=1),
        *make_model(lora=LoRAConfig(rank=4)),
        *with_rate(),
        "ema_decay",
        "vocabulary",
    }
    macros = {
        flag.removeprefix(" (--gin.").removesuffix(")")
        for flag in map(identity._flag, keys)
    }
    assert {"BATCH_SIZE", "DTYPE", "LORA_TARGET", "IMAGE_SIZE"} <= macros
    for macro in filter(lambda name: name and "." not in name, macros):
        assert re.search(rf"^{macro} = |%{macro}\b", files, re.M), macro


@pytest.mark.slow
def test_a_checkpoint_tells_its_vocabulary(tmp_path):
    one, two = (types.SimpleNamespace(sp_model=x) for x in (b"one", b"two"))
    checkpoints = RunCheckpoints(tmp_path, task_names=toy_model.TASKS)
    told = {"vocabulary": identity.digest_of(one)}
    state = toy_model.make_trainer().init_state()
    checkpoints.save(state, Progress(step=1, identity=told))
    checkpoints.close()
    path = checkpoint.find(tmp_path)
    identity.check_vocabulary(path, one)
    identity.check_vocabulary(path, None)
    with pytest.raises(UserError, match="with another vocabulary"):
        identity.check_vocabulary(path, two)
    alone = checkpoint.save_parameters(tmp_path / "vit", 1, state.params())
    identity.check_vocabulary(alone, two)


def test_processes_that_differ_are_told():
    settings = {"seed": 0, "BATCH_SIZE": "8"}
    identity.check_alike([settings, dict(settings)])
    with pytest.raises(
        UserError, match=r"Process 2 was .* seed is 0 there and 1 here"
    ):
        identity.check_alike([settings, settings, {**settings, "seed": 1}])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
