"""A run's checkpoints come back as they were saved, or not at all."""

import dataclasses
import json
import shutil
import threading

import jax
import numpy as np
import pytest
from absl import logging

from pali_tf.checkpoints import checkpoint, commit, digests
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import (
    CheckpointSaveError,
    RunCheckpoints,
)
from pali_tf.errors import UserError
from pali_tf.training.configs import SaveCheckpointConfig
from tests.support import mounts, toy_model
from tests.support.compile_cache import compile_cache

PROGRESS = Progress(step=3, identity={"seed": 0})


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def open_checkpoints(directory, config=None, **options):
    return RunCheckpoints(
        directory, config, **{"task_names": toy_model.TASKS} | options
    )


def stepped(trainer, num_steps):
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    for i in range(num_steps):
        state = step(state, trainer.place(toy_model.make_batch(i)))
    return state


def assert_same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)
        assert x.dtype == y.dtype


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Checkpoints 3 and 4, the second of which has other values."""
    trainer = toy_model.make_trainer(ema_decay=0.9)
    directory = tmp_path_factory.mktemp("run")
    state = stepped(trainer, 3)
    checkpoints = open_checkpoints(directory)
    checkpoints.save(state, PROGRESS)
    later = jax.tree.map(lambda x: x + 1, state)
    checkpoints.save(later, dataclasses.replace(PROGRESS, step=4))
    checkpoints.close()
    return trainer, directory, state


@pytest.fixture
def copied(saved, tmp_path):
    target = tmp_path / "run"
    shutil.copytree(saved[1], target)
    return target


def restore_latest(directory, trainer, **options):
    checkpoints = open_checkpoints(directory)
    try:
        return checkpoints.restore_latest(trainer.abstract_state, **options)
    finally:
        checkpoints.close()


@pytest.mark.slow
def test_a_state_comes_back_bit_for_bit(saved):
    trainer, directory, state = saved
    restored, progress = open_checkpoints(directory).restore(
        3, trainer.abstract_state
    )
    assert progress == PROGRESS
    assert_same(state, restored)
    for a, b in zip(
        jax.tree.leaves(state), jax.tree.leaves(restored), strict=True
    ):
        assert a.sharding.is_equivalent_to(b.sharding, a.ndim)


def test_the_average_comes_back(saved):
    trainer, directory, state = saved
    restored, _ = open_checkpoints(directory).restore(3, trainer.abstract_state)
    assert restored.ema.keys() == state.trainable.keys()
    averaged = checkpoint.load_parameters(
        directory / "checkpoint_3",
        selection=checkpoint.Selection(use_ema=True),
    )
    for path, value in {**state.ema, **state.frozen}.items():
        np.testing.assert_array_equal(averaged[path], value)
    assert np.any(
        averaged["decoder/mlp/wi/kernel"]
        != state.params()["decoder"]["mlp"]["wi"]["kernel"]
    )


@pytest.mark.slow
def test_an_average_that_was_not_kept(tmp_path):
    without = toy_model.make_trainer()
    checkpoints = open_checkpoints(tmp_path)
    checkpoints.save(without.init_state(), PROGRESS)
    checkpoints.close()
    with pytest.raises(ValueError, match="its run did not keep one"):
        checkpoint.load_parameters(
            tmp_path, selection=checkpoint.Selection(use_ema=True)
        )


def test_a_run_that_lost_its_folder_does_not_save(saved, tmp_path):
    def refuse():
        raise UserError("another run's")

    checkpoints = open_checkpoints(tmp_path, before_save=refuse)
    with pytest.raises(UserError, match="another run's"):
        checkpoints.save(saved[2], PROGRESS)
    checkpoints.close()
    assert checkpoint.complete_steps(tmp_path) == []


def test_no_checkpoint_is_none(saved, tmp_path):
    assert restore_latest(tmp_path, saved[0]) is None


@pytest.mark.slow
def test_steps_go_on_while_a_state_is_written(tmp_path, monkeypatch):
    """The next steps overwrite what is saved; the checkpoint does not mind."""
    may_end = threading.Event()
    write = digests.write

    def wait_and_write(folder):
        assert may_end.wait(60)
        return write(folder)

    monkeypatch.setattr(commit.digests, "write", wait_and_write)
    trainer = toy_model.make_trainer()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    state = stepped(trainer, 3)
    expected = jax.tree.map(np.array, jax.device_get(state))
    checkpoints = open_checkpoints(tmp_path)
    checkpoints.save(state, PROGRESS)
    for i in range(3, 20):
        state = step(state, trainer.place(toy_model.make_batch(i)))
    jax.block_until_ready(state)
    assert checkpoint.complete_steps(tmp_path) == []
    may_end.set()
    checkpoints.wait()
    assert checkpoint.complete_steps(tmp_path) == [3]
    restored, _ = checkpoints.restore(3, trainer.abstract_state)
    checkpoints.close()
    assert_same(expected, jax.device_get(restored))


def all_files(path):
    return sorted(p for p in path.rglob("*") if p.is_file())


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_flipped_bit_in_any_file_is_refused(saved, copied):
    """The message names the file, the one before, and how to take it."""
    trainer = saved[0]
    latest = copied / "checkpoint_4"
    checkpoints = open_checkpoints(copied)
    for path in all_files(latest):
        whole = path.read_bytes()
        flip(path)
        with pytest.raises(checkpoint.DamagedCheckpointError) as caught:
            checkpoints.restore_latest(trainer.abstract_state)
        message = str(caught.value)
        assert str(path.relative_to(latest)) in message
        assert str(copied / "checkpoint_3") in message
        assert "fallback=True" in message
        path.write_bytes(whole)
    checkpoints.restore_latest(trainer.abstract_state)
    checkpoints.close()


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_shard_that_is_missing_or_cut_is_refused(saved, copied, damage):
    shard = max(
        all_files(copied / "checkpoint_4" / "params"),
        key=lambda path: path.stat().st_size,
    )
    content = shard.read_bytes()
    shard.unlink()
    if damage == "cut":
        shard.write_bytes(content[:-1])
    with pytest.raises(checkpoint.DamagedCheckpointError, match=shard.name):
        restore_latest(copied, saved[0])
    with pytest.raises(checkpoint.DamagedCheckpointError, match=shard.name):
        checkpoint.load_parameters(copied)
    assert (copied / "checkpoint_4").is_dir(), "nothing was changed unasked"


def test_the_previous_one_is_taken_when_asked(
    saved, copied, caplog, monkeypatch
):
    monkeypatch.setattr(logging.get_absl_logger(), "propagate", True)
    trainer, _, state = saved
    flip(all_files(copied / "checkpoint_4" / "slots")[-1])
    assert checkpoint.find(copied, fallback=True).name == "checkpoint_3"
    restored, progress = restore_latest(copied, trainer, fallback=True)
    assert progress.step == 3
    assert_same(state, restored)
    assert "checkpoint_4 is damaged: slots/" in caplog.text
    assert checkpoint.complete_steps(copied) == [3]
    assert list(copied.glob("checkpoint_4.damaged-*"))


def test_where_all_are_damaged_nothing_is_taken(saved, copied):
    for step in (3, 4):
        flip(all_files(copied / f"checkpoint_{step}" / "params")[-1])
    with pytest.raises(
        checkpoint.DamagedCheckpointError, match="No complete checkpoint of an"
    ):
        restore_latest(copied, saved[0], fallback=True)
    with pytest.raises(checkpoint.DamagedCheckpointError, match="checkpoint_3"):
        checkpoint.find(copied, fallback=True)


def test_a_flipped_bit_in_what_holds_parameters_is_told_before_any_use(copied):
    """Already where shapes alone are read, if the file is small."""
    latest = copied / "checkpoint_4"
    for path in all_files(latest):
        item = path.relative_to(latest).parts[0]
        whole = path.read_bytes()
        flip(path)
        if item in ("slots", "ema", "progress"):
            assert checkpoint.parameter_shapes(copied).keys()
        else:
            with pytest.raises(
                checkpoint.DamagedCheckpointError, match=path.name
            ):
                checkpoint.parameter_shapes(copied)
        path.write_bytes(whole)


def test_a_damaged_optimizer_does_not_matter_to_who_reads_parameters(copied):
    flip(all_files(copied / "checkpoint_4" / "slots")[-1])
    assert checkpoint.load_parameters(copied)


def test_without_digests_parameters_alone_are_read(
    saved, copied, caplog, monkeypatch
):
    """As checkpoints were before there were digests."""
    monkeypatch.setattr(logging.get_absl_logger(), "propagate", True)
    (copied / "checkpoint_4" / "digests.json").unlink()
    with pytest.raises(ValueError, match="written without digests.*INITIAL_"):
        restore_latest(copied, saved[0])
    assert checkpoint.load_parameters(copied).keys() == toy_model.SPECS.keys()
    assert "it is read unverified" in caplog.text


def test_a_checkpoint_without_its_commit_is_set_aside(copied):
    half = copied / "checkpoint_9"
    shutil.copytree(copied / "checkpoint_3", half)
    metadata = json.loads((half / "_CHECKPOINT_METADATA").read_text())
    metadata["commit_timestamp_nsecs"] = None
    (half / "_CHECKPOINT_METADATA").write_text(json.dumps(metadata))
    (half / "digests.json").unlink()
    checkpoints = open_checkpoints(copied)
    assert checkpoints.latest_step() == 4
    assert not half.exists()
    assert list(copied.glob("checkpoint_9.incomplete-*"))


def test_what_a_kill_leaves_behind_is_removed(saved, copied):
    left = [
        copied / "checkpoint_9.orbax-checkpoint-tmp",
        copied / "checkpoint_9.orbax-checkpoint-tmp-hashed",
    ]
    for path in left:
        (path / "params").mkdir(parents=True)
    (copied / "checkpoint_7" / "params").mkdir(parents=True)
    checkpoints = open_checkpoints(copied)
    assert checkpoints.latest_step() == 4
    checkpoints.save(saved[2], dataclasses.replace(PROGRESS, step=9))
    checkpoints.close()
    assert checkpoint.complete_steps(copied) == [3, 4, 9]
    assert not any(path.exists() for path in left)


def test_only_the_latest_are_kept(saved, tmp_path):
    checkpoints = open_checkpoints(tmp_path, SaveCheckpointConfig(keep=2))
    for step in (1, 2, 3):
        checkpoints.save(saved[2], dataclasses.replace(PROGRESS, step=step))
    checkpoints.close()
    assert checkpoint.complete_steps(tmp_path) == [2, 3]


def test_one_of_every_so_many_is_kept(saved, tmp_path):
    config = SaveCheckpointConfig(keep=1, keep_period=2)
    checkpoints = open_checkpoints(tmp_path, config)
    for step in (1, 2, 3, 4, 5):
        checkpoints.save(saved[2], dataclasses.replace(PROGRESS, step=step))
    checkpoints.close()
    assert checkpoint.complete_steps(tmp_path) == [2, 4, 5]


def assert_stopped_by_a_full_disk(directory, error):
    message = str(error)
    assert f"checkpoint_4 could not be written to {directory}" in message
    assert "GB free" in message
    assert "checkpoint_3 is complete and stays" in message
    assert "No space left on device" in message
    assert checkpoint.complete_steps(directory) == [3]
    assert [path.name for path in directory.iterdir()] == ["checkpoint_3"]


@pytest.mark.parametrize("surfaces_at", ["wait", "save", "close", "poll"])
def test_a_failed_save_is_told_and_leaves_nothing(
    saved, tmp_path, monkeypatch, surfaces_at
):
    trainer, _, state = saved
    checkpoints = open_checkpoints(tmp_path)
    checkpoints.save(state, PROGRESS)
    checkpoints.wait()

    def fail(folder):
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(commit.digests, "write", fail)
    checkpoints.save(state, dataclasses.replace(PROGRESS, step=4))
    with pytest.raises(CheckpointSaveError) as caught:
        if surfaces_at == "wait":
            checkpoints.wait()
        elif surfaces_at == "save":
            checkpoints.save(state, dataclasses.replace(PROGRESS, step=5))
        elif surfaces_at == "poll":
            while True:
                checkpoints.raise_if_failed()
        else:
            checkpoints.close()
    assert_stopped_by_a_full_disk(tmp_path, caught.value)
    monkeypatch.undo()
    checkpoints.close()
    assert restore_latest(tmp_path, trainer)[1].step == 3


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 kB."""
    with mounts.tmpfs(tmp_path, "size=256k") as path:
        yield path


def test_a_full_disk_stops_the_save_and_keeps_what_is_there(saved, small_disk):
    trainer, _, state = saved
    checkpoints = open_checkpoints(small_disk)
    checkpoints.save(state, PROGRESS)
    checkpoints.wait()
    larger = dataclasses.replace(
        state,
        frozen={
            "vision/kernel": jax.random.normal(jax.random.key(0), (400, 400))
        },
    )
    with pytest.raises(CheckpointSaveError) as caught:
        checkpoints.save(larger, dataclasses.replace(PROGRESS, step=4))
        checkpoints.wait()
    assert_stopped_by_a_full_disk(small_disk, caught.value)
    checkpoints.close()
    assert restore_latest(small_disk, trainer)[1].step == 3


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
