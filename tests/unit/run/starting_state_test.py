"""A run goes on from its own checkpoint, from others', or not at all."""

import dataclasses
import types

import numpy as np
import pytest
from absl import logging

from pali_tf.checkpoints import checkpoint
from pali_tf.errors import UserError
from pali_tf.run import loop
from pali_tf.training.configs import RestoreCheckpointConfig
from pali_tf.training.elementwise_optimizers import AdamW
from tests.support import toy_model
from tests.support.compile_cache import compile_cache
from tests.support.toy_run import HOOKS, make_config

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    model_dir = tmp_path_factory.mktemp("unbroken")
    loop.run(toy_model.make_trainer(), make_config(model_dir), HOOKS)
    return model_dir


def test_another_seed_does_not_continue_a_run(tmp_path, unbroken):
    with pytest.raises(UserError, match="seed was 0 and is 1"):
        loop.run(
            toy_model.make_trainer(seed=1), make_config(unbroken, 20), HOOKS
        )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ema_decay": 0.9}, "ema_decay was None and is 0.9"),
        (
            {"optimizer_def": AdamW()},
            "optimizer was 'Adafactor' and is 'AdamW'",
        ),
        (
            {"trainable": "decoder/.*"},
            "trainable was .* and is 'decoder/.*' .--gin.TRAINABLE",
        ),
        ({"peak": 0.2}, "base_learning_rate was 0.1 and is 0.2"),
    ],
)
def test_what_trains_otherwise_is_told_in_our_words(unbroken, changes, told):
    config = make_config(unbroken, 20)
    with pytest.raises(UserError, match=told):
        loop.run(toy_model.make_trainer(**changes), config, HOOKS)


def test_other_data_are_another_run(tmp_path):
    config = make_config(tmp_path, 1, data={"mixture": "one", "batch_size": 8})
    loop.run(toy_model.make_trainer(), config, HOOKS)
    other = make_config(tmp_path, 2, data={"mixture": "two", "batch_size": 8})
    with pytest.raises(UserError, match="mixture was 'one' and is 'two'"):
        loop.run(toy_model.make_trainer(), other, HOOKS)
    longer = make_config(tmp_path, 2, data=config.data, stats_period=1)
    assert loop.run(toy_model.make_trainer(), longer, HOOKS)[0] == 2


def test_initial_parameters_and_the_frozen_random_warning(
    tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(logging.get_absl_logger(), "propagate", True)
    caplog.set_level("INFO", logger="absl")
    config = make_config(tmp_path / "a", 1)
    loop.run(toy_model.make_trainer(), config, HOOKS)
    assert "vision is frozen at random values" in caplog.text
    caplog.clear()
    part = {"vision": {"kernel": np.ones((12, 8), np.float32)}}
    checkpoint.save_parameters(tmp_path / "vit", 1, part)
    restore = RestoreCheckpointConfig(path=[str(tmp_path / "vit")])
    config = make_config(
        tmp_path / "b",
        1,
        checkpoint=dataclasses.replace(config.checkpoint, restore=restore),
    )
    _, state = loop.run(toy_model.make_trainer(), config, HOOKS)
    assert "random values" not in caplog.text
    assert "vit/checkpoint_1" in caplog.text
    np.testing.assert_array_equal(state.frozen["vision/kernel"], 1.0)


def test_tokens_of_another_vocabulary_are_no_start(tmp_path):
    def with_vocabulary(content):
        vocabulary = types.SimpleNamespace(sp_model=content)
        trainer = toy_model.make_trainer()
        model = toy_model.ToyModel(vocabulary=vocabulary)
        return dataclasses.replace(trainer, model=model)

    first, again = make_config(tmp_path / "a", 1), make_config(tmp_path / "a")
    loop.run(with_vocabulary(b"one"), first, HOOKS)
    with pytest.raises(
        UserError, match=r"vocabulary was .* \(--gin.DATA_DIR\)"
    ):
        loop.run(with_vocabulary(b"two"), again, HOOKS)
    starts = [
        RestoreCheckpointConfig(path=str(tmp_path / "a"), only=only)
        for only in (".*", "vision/.*")
    ]
    whole, vision = (
        make_config(
            tmp_path / "b",
            1,
            checkpoint=dataclasses.replace(first.checkpoint, restore=start),
        )
        for start in starts
    )
    with pytest.raises(UserError, match="trained with another vocabulary"):
        loop.run(with_vocabulary(b"two"), whole, HOOKS)
    # The ViT knows no tokens.
    assert loop.run(with_vocabulary(b"two"), vision, HOOKS)[0] == 1


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
