"""Checkpoints come back as they were, or not at all."""

import dataclasses
import json
import shutil

import jax
import numpy as np
import pytest

from pali_tf.training import checkpoint, run_checkpoints
from pali_tf.training.configs import SaveCheckpointConfig
from tests.support import toy_model
from tests.support.compile_cache import compile_cache

PROGRESS = run_checkpoints.Progress(
    step=3, num_batches_read=3, random_seed=0, task_names=toy_model.TASKS
)


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def stepped(trainer, num_steps):
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    for i in range(num_steps):
        state = step(state, trainer.place(toy_model.make_batch(i)))
    return state


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    trainer = toy_model.make_trainer()
    directory = tmp_path_factory.mktemp("run")
    state = stepped(trainer, 3)
    checkpoints = run_checkpoints.RunCheckpoints(directory)
    checkpoints.save(state, PROGRESS)
    checkpoints.close()
    return trainer, directory, state


def copy(saved, tmp_path):
    target = tmp_path / "run"
    shutil.copytree(saved[1], target)
    return target


def test_a_state_comes_back_bit_for_bit(saved):
    trainer, directory, state = saved
    checkpoints = run_checkpoints.RunCheckpoints(directory)
    restored, progress = checkpoints.restore(3, trainer.abstract_state)
    assert progress == PROGRESS
    assert jax.tree.structure(restored) == jax.tree.structure(state)
    for a, b in zip(
        jax.tree.leaves(state), jax.tree.leaves(restored), strict=True
    ):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
        assert a.sharding.is_equivalent_to(b.sharding, a.ndim)


def test_a_checkpoint_without_its_commit_is_never_restored(saved, tmp_path):
    directory = copy(saved, tmp_path)
    half = directory / "checkpoint_9"
    shutil.copytree(directory / "checkpoint_3", half)
    metadata = json.loads((half / "_CHECKPOINT_METADATA").read_text())
    metadata["commit_timestamp_nsecs"] = None
    (half / "_CHECKPOINT_METADATA").write_text(json.dumps(metadata))
    (half / "digests.json").unlink()
    with pytest.raises(FileNotFoundError, match="half-written.*\\[3\\]"):
        checkpoint.find(half)
    checkpoints = run_checkpoints.RunCheckpoints(directory)
    assert checkpoints.latest_step() == 3
    assert not half.exists()
    assert list(directory.glob("checkpoint_9.incomplete-*"))


@pytest.mark.parametrize("lost", ["params", "slots", "progress"])
def test_a_half_copied_checkpoint_is_never_restored(saved, tmp_path, lost):
    """digests.json is the last that a checkpoint gets."""
    directory = copy(saved, tmp_path)
    shutil.copytree(directory / "checkpoint_3", directory / "checkpoint_9")
    shutil.rmtree(directory / "checkpoint_9" / lost)
    (directory / "checkpoint_9" / "digests.json").unlink()
    assert checkpoint.complete_steps(directory) == [3]


def test_what_a_kill_leaves_behind_is_not_a_checkpoint(saved, tmp_path):
    directory = copy(saved, tmp_path)
    (directory / "checkpoint_9.orbax-checkpoint-tmp" / "params").mkdir(
        parents=True
    )
    (directory / "checkpoint_7" / "params").mkdir(parents=True)
    assert run_checkpoints.RunCheckpoints(directory).latest_step() == 3


def test_only_the_latest_are_kept(saved, tmp_path):
    checkpoints = run_checkpoints.RunCheckpoints(
        tmp_path, SaveCheckpointConfig(keep=2)
    )
    for step in (1, 2, 3):
        checkpoints.save(saved[2], dataclasses.replace(PROGRESS, step=step))
    checkpoints.close()
    assert checkpoint.complete_steps(tmp_path) == [2, 3]


def test_parameters_of_a_part_of_the_tree(tmp_path):
    part = {"vision": {"kernel": np.arange(6.0).reshape(2, 3)}}
    path = checkpoint.save_parameters(tmp_path, 20, part)
    assert path == tmp_path / "checkpoint_20"
    for where in (tmp_path, path):
        loaded = checkpoint.load_parameters(where)
        assert list(loaded) == ["vision/kernel"]
        np.testing.assert_array_equal(
            loaded["vision/kernel"], part["vision"]["kernel"]
        )


def test_parameters_are_never_overwritten(tmp_path):
    checkpoint.save_parameters(tmp_path, 1, {"a": np.zeros(2)})
    with pytest.raises(ValueError, match="never overwritten"):
        checkpoint.save_parameters(tmp_path, 1, {"a": np.ones(2)})


def test_a_runs_parameters_can_be_read_alone(saved):
    _, directory, state = saved
    loaded = checkpoint.load_parameters(directory)
    assert loaded.keys() == {*state.trainable, *state.frozen}


def test_no_checkpoint_says_what_is_there(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds steps \\[3\\]"):
        checkpoint.find(saved[1] / "checkpoint_5")
    with pytest.raises(FileNotFoundError, match="No checkpoint at"):
        checkpoint.find(tmp_path)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
