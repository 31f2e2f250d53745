"""The loop: resume, interruption, divergence, evaluation."""

import dataclasses
import itertools
import json
import os
import signal

import jax
import numpy as np
import pytest
from absl import logging

from pali_tf.models.functional import flatten
from pali_tf.training import checkpoint, loop
from pali_tf.training.configs import (
    CheckpointConfig,
    RestoreCheckpointConfig,
    SaveCheckpointConfig,
)
from pali_tf.training.interruption import TrainingInterrupted
from tests.support import toy_model
from tests.support.compile_cache import compile_cache

HOOKS = loop.Hooks(batches_from=toy_model.batches_from)


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def make_config(model_dir, total_steps=10, **changes):
    defaults = {
        "stats_period": 4,
        "checkpoint": CheckpointConfig(save=SaveCheckpointConfig(period=5)),
        "task_names": toy_model.TASKS,
    }
    return loop.RunConfig(
        model_dir=str(model_dir),
        total_steps=total_steps,
        **(defaults | changes),
    )


def read_lines(model_dir, name="train/metrics.jsonl"):
    """The lines without what depends on the clock."""
    return [
        {k: v for k, v in json.loads(line).items() if "per_second" not in k}
        for line in (model_dir / name).read_text().splitlines()
    ]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    model_dir = tmp_path_factory.mktemp("unbroken")
    _, state = loop.run(toy_model.make_trainer(), make_config(model_dir), HOOKS)
    return model_dir, jax.device_get(state)


def test_what_a_run_leaves(unbroken):
    model_dir, state = unbroken
    assert int(state.step) == 10
    assert checkpoint.complete_steps(model_dir) == [5, 10]
    lines = read_lines(model_dir)
    assert [line["step"] for line in lines] == [4, 8, 10]
    assert [line["examples"] for line in lines] == [32, 32, 16]
    assert {"loss/first", "accuracy/second", "learning_rate"} <= set(lines[0])
    info = (model_dir / "model-info.txt").read_text()
    assert "frozen: 1 arrays, 96 numbers" in info


@pytest.mark.parametrize("first_part", [5, 7])
def test_resumed_equals_unbroken_bit_for_bit(tmp_path, unbroken, first_part):
    """7 lies between two log lines: their sums are in the checkpoint."""
    trainer = toy_model.make_trainer()
    loop.run(trainer, make_config(tmp_path, first_part, stats_period=8), HOOKS)
    # What was logged at the end of the first part is no line of the whole.
    os.remove(tmp_path / "train" / "metrics.jsonl")
    _, state = loop.run(trainer, make_config(tmp_path), HOOKS)
    for path, value in flatten(unbroken[1].params()).items():
        np.testing.assert_array_equal(value, flatten(state.params())[path])


def test_a_kill_between_lines_leaves_the_same_lines(tmp_path, unbroken):
    """The process dies at step 7; the run goes on from checkpoint_5."""

    trainer = toy_model.make_trainer()
    hooks = loop.Hooks(batches_from=lambda start: _die_after(start, 7))
    with pytest.raises(ValueError, match="went away"):
        loop.run(trainer, make_config(tmp_path), hooks)
    assert checkpoint.complete_steps(tmp_path) == [5]
    loop.run(trainer, make_config(tmp_path), HOOKS)
    assert read_lines(tmp_path) == read_lines(unbroken[0])


def _die_after(start, last):
    yield from itertools.islice(toy_model.batches_from(start), last - start)
    raise ValueError("the machine went away")


def test_a_stop_signal_saves_and_the_run_goes_on(tmp_path, unbroken):
    def batches_from(start):
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == 6:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    trainer = toy_model.make_trainer()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TrainingInterrupted, match="is saved") as caught:
        loop.run(
            trainer,
            make_config(tmp_path),
            loop.Hooks(batches_from=batches_from),
        )
    assert caught.value.signal_number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    step = checkpoint.complete_steps(tmp_path)[-1]
    assert f"step {step};" in str(caught.value)
    loop.run(trainer, make_config(tmp_path), HOOKS)
    assert read_lines(tmp_path) == read_lines(unbroken[0])


def test_a_nan_stops_the_run_and_is_not_saved(tmp_path):
    def batches_from(start):
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == 6:
                batch["decoder_loss_weights"] *= np.nan
            yield batch

    with pytest.raises(loop.DivergedError, match="step 7 .*checkpoint_5 is"):
        loop.run(
            toy_model.make_trainer(),
            make_config(tmp_path),
            loop.Hooks(batches_from=batches_from),
        )
    assert checkpoint.complete_steps(tmp_path) == [5]


def test_data_that_ends_is_an_error(tmp_path):
    hooks = loop.Hooks(
        batches_from=lambda start: itertools.islice(
            toy_model.batches_from(start), 3
        )
    )
    with pytest.raises(ValueError, match="ended after step 3"):
        loop.run(toy_model.make_trainer(), make_config(tmp_path), hooks)


def test_another_seed_does_not_continue_a_run(tmp_path, unbroken):
    with pytest.raises(ValueError, match="RANDOM_SEED 0, this run has 1"):
        loop.run(
            toy_model.make_trainer(seed=1), make_config(unbroken[0], 20), HOOKS
        )


def test_a_finished_run_trains_nothing(unbroken):
    step, _ = loop.run(
        toy_model.make_trainer(), make_config(unbroken[0]), HOOKS
    )
    assert step == 10


def test_relative_steps(tmp_path):
    config = make_config(tmp_path, 99, relative_steps=2)
    for expected in (2, 4):
        step, _ = loop.run(toy_model.make_trainer(), config, HOOKS)
        assert step == expected


def test_evaluations_write_lines_by_task(tmp_path):
    steps = []
    hooks = loop.Hooks(
        batches_from=toy_model.batches_from,
        eval_batches=lambda: [toy_model.make_batch(i) for i in (100, 101)],
        infer_eval=lambda state, step: steps.append((int(state.step), step)),
    )
    loop.run(
        toy_model.make_trainer(),
        make_config(tmp_path, 6, eval_period=4),
        hooks,
    )
    lines = read_lines(tmp_path, "training_eval/second/metrics.jsonl")
    assert [line["step"] for line in lines] == [4, 6]
    assert lines[0]["examples"] == 8
    assert steps == [(4, 4), (6, 6)]


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


def test_stats_period_is_checked(tmp_path):
    with pytest.raises(ValueError, match="stats_period"):
        make_config(tmp_path, stats_period=0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
