"""The loop: resume, interruption, divergence, evaluation."""

import dataclasses
import itertools
import os
import signal

import jax
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, digests
from pali_tf.checkpoints.run_checkpoints import CheckpointSaveError
from pali_tf.models.functional import flatten
from pali_tf.run import loop
from pali_tf.run.interruption import TrainingInterrupted
from pali_tf.training.configs import (
    CheckpointConfig,
    SaveCheckpointConfig,
)
from tests.support import toy_model
from tests.support.compile_cache import compile_cache
from tests.support.toy_run import HOOKS, make_config, read_lines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


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


def _with_sigterm(index):
    def batches_from(start):
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == index:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    return loop.Hooks(batches_from=batches_from)


def test_a_stop_signal_saves_and_the_run_goes_on(tmp_path, unbroken):
    trainer = toy_model.make_trainer()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TrainingInterrupted, match="is saved") as caught:
        loop.run(trainer, make_config(tmp_path), _with_sigterm(6))
    assert caught.value.signal_number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    step = checkpoint.complete_steps(tmp_path)[-1]
    assert f"step {step};" in str(caught.value)
    loop.run(trainer, make_config(tmp_path), HOOKS)
    assert read_lines(tmp_path) == read_lines(unbroken[0])


def _with_bad_batch(index, value):
    def batches_from(start):
        for i, batch in enumerate(toy_model.batches_from(start), start):
            if i == index:
                batch["decoder_loss_weights"][0, 0] = value
            yield batch

    return loop.Hooks(batches_from=batches_from)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_bad_batch_leaves_the_last_good_state_and_itself(
    tmp_path, unbroken, value
):
    """Step 7 is bad; it is seen at the log line of step 8."""
    trainer = toy_model.make_trainer()
    config = make_config(tmp_path)
    with pytest.raises(loop.DivergedError) as caught:
        loop.run(trainer, config, _with_bad_batch(6, value))
    message = str(caught.value)
    assert "step 7 is not finite; checkpoint_6 is" in message
    assert "decoder_loss_weights holds values that are not" in message
    assert checkpoint.complete_steps(tmp_path) == [5, 6]
    dumped = np.load(tmp_path / "diverged" / "step_7.npz")
    assert str(tmp_path / "diverged" / "step_7.npz") in message
    for name, array in toy_model.make_batch(6).items():
        if name != "decoder_loss_weights":
            np.testing.assert_array_equal(dumped[name], array)
    np.testing.assert_equal(dumped["decoder_loss_weights"][0, 0], value)
    # Once the data is mended, the run ends as it would have without the fault.
    _, state = loop.run(trainer, config, HOOKS)
    for path, array in flatten(unbroken[1].params()).items():
        np.testing.assert_array_equal(array, flatten(state.params())[path])


def test_a_run_that_diverges_at_once_has_nothing_to_save(tmp_path):
    with pytest.raises(loop.DivergedError, match="step 1 .* no checkpoint"):
        loop.run(
            toy_model.make_trainer(),
            make_config(tmp_path),
            _with_bad_batch(0, np.nan),
        )
    assert checkpoint.complete_steps(tmp_path) == []


def test_divergence_of_finite_batches_says_what_to_change(tmp_path):
    trainer = toy_model.make_trainer(peak=1e38)
    with pytest.raises(loop.DivergedError, match=r"finite\. Lower the peak"):
        loop.run(trainer, make_config(tmp_path, 40), HOOKS)


def test_a_full_disk_stops_the_run_which_then_goes_on(
    tmp_path, unbroken, monkeypatch
):
    write = digests.write

    def fill_up(folder):
        if "checkpoint_10" in str(folder):
            raise OSError(28, "No space left on device")
        return write(folder)

    trainer = toy_model.make_trainer()
    with monkeypatch.context() as patched:
        patched.setattr(digests, "write", fill_up)
        with pytest.raises(
            CheckpointSaveError, match="GB free.*checkpoint_5 is complete"
        ):
            loop.run(trainer, make_config(tmp_path), HOOKS)
    assert checkpoint.complete_steps(tmp_path) == [5]
    loop.run(trainer, make_config(tmp_path), HOOKS)
    assert read_lines(tmp_path) == read_lines(unbroken[0])


def test_data_that_ends_is_an_error(tmp_path):
    hooks = loop.Hooks(
        batches_from=lambda start: itertools.islice(
            toy_model.batches_from(start), 3
        )
    )
    with pytest.raises(ValueError, match="ended after step 3"):
        loop.run(toy_model.make_trainer(), make_config(tmp_path), hooks)


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


def test_relative_steps_that_were_stopped_end_where_they_aimed(tmp_path):
    config = make_config(tmp_path, 99, relative_steps=8)
    trainer = toy_model.make_trainer()
    with pytest.raises(TrainingInterrupted):
        loop.run(trainer, config, _with_sigterm(3))
    assert 0 < checkpoint.complete_steps(tmp_path)[-1] < 8
    assert loop.run(trainer, config, HOOKS)[0] == 8
    assert loop.run(trainer, config, HOOKS)[0] == 16


def test_the_best_and_every_so_many_are_kept_beside_the_latest(tmp_path):
    losses = {}
    # The toy only gets better, so that the "best" is an early one by "max".
    save = SaveCheckpointConfig(
        period=2,
        keep=1,
        keep_period=6,
        keep_best=1,
        best_metric="loss/first",
        best_mode="max",
    )
    config = make_config(
        tmp_path,
        12,
        eval_period=2,
        checkpoint=CheckpointConfig(save=save),
    )
    hooks = loop.Hooks(
        batches_from=toy_model.batches_from,
        eval_batches=lambda: [toy_model.make_batch(i) for i in (100, 101)],
    )
    trainer = toy_model.make_trainer()
    # In two parts: what was best before is remembered.
    loop.run(trainer, dataclasses.replace(config, total_steps=8), hooks)
    loop.run(trainer, config, hooks)
    for line in read_lines(tmp_path, "training_eval/first/metrics.jsonl"):
        losses[line["step"]] = line["loss"]
    best = max(losses, key=losses.get)
    assert best < 6
    assert checkpoint.complete_steps(tmp_path) == [best, 6, 12]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eval_period": 3}, "eval_period is 3, which does not divide"),
        ({"eval_period": 0}, "needs an evaluation at every checkpoint"),
        ({"best_metric": "loss/fist"}, "did you mean 'loss/first'"),
    ],
)
def test_what_keeping_the_best_needs(tmp_path, changes, message):
    metric = changes.pop("best_metric", "loss")
    save = SaveCheckpointConfig(period=4, keep_best=1, best_metric=metric)
    with pytest.raises(ValueError, match=message):
        make_config(
            tmp_path,
            checkpoint=CheckpointConfig(save=save),
            **{"eval_period": 2} | changes,
        )


def test_stats_period_is_checked(tmp_path):
    with pytest.raises(ValueError, match="stats_period"):
        make_config(tmp_path, stats_period=0)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
