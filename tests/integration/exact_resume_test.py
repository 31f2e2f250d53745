"""A run that is killed and goes on is the run that was not killed."""

import dataclasses
import json
import random
import shutil
import signal

import numpy as np
import pytest

from pali_tf import files
from pali_tf.checkpoints import checkpoint
from tests.support.training_child import (
    Job,
    train,
    train_and_signal,
    train_together,
)

pytestmark = pytest.mark.slow

NUM_STEPS = 40
NUM_KILLS = 10
_RANDOM = random.Random(20)
KILLS = [_RANDOM.randrange(1, NUM_STEPS) for _ in range(NUM_KILLS)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("compiled")


def losses(model_dir):
    lines = (model_dir / "train" / "metrics.jsonl").read_text().splitlines()
    by_step = {}
    for line in map(json.loads, lines):
        assert line["step"] not in by_step
        by_step[line["step"]] = {
            name: value
            for name, value in line.items()
            if "per_second" not in name
        }
    assert sorted(by_step) == list(range(1, NUM_STEPS + 1))
    return by_step


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, cache):
    model_dir = tmp_path_factory.mktemp("unbroken")
    assert train(Job(model_dir=model_dir, compile_cache=cache)) == 0
    return model_dir


def assert_same_run(model_dir, unbroken):
    """Every number of every step, and every bit of the state at the end."""
    assert losses(model_dir) == losses(unbroken)
    state = (model_dir / "state.sha256").read_text()
    assert state == (unbroken / "state.sha256").read_text()


def kill_and_go_on(model_dir, cache, dies_again_at_batch=None, **death):
    job = Job(model_dir=model_dir, compile_cache=cache)
    assert train(dataclasses.replace(job, **death)) == -signal.SIGKILL
    left = [path.name for path in model_dir.glob("checkpoint_*")]
    if dies_again_at_batch is not None:
        again = dataclasses.replace(job, dies_at_batch=dies_again_at_batch)
        assert train(again) == -signal.SIGKILL
    assert train(job) == 0
    return left


@pytest.mark.parametrize("batch", KILLS)
def test_killed_at_a_random_step(tmp_path, cache, unbroken, batch):
    kill_and_go_on(tmp_path, cache, dies_at_batch=batch)
    assert_same_run(tmp_path, unbroken)


@pytest.mark.parametrize("point", ["arrays", "digests", "rename"])
def test_killed_during_a_save(tmp_path, cache, unbroken, point):
    left = kill_and_go_on(tmp_path, cache, dies_in_save=point)
    assert "checkpoint_10" not in left, "the save was not done"
    assert any("orbax-checkpoint-tmp" in name for name in left)
    assert_same_run(tmp_path, unbroken)
    assert checkpoint.complete_steps(tmp_path) == [10, 20, 30, 40]
    assert not list(tmp_path.glob("*orbax-checkpoint-tmp*"))


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_killed_in_a_bucket(storage, cache, unbroken):
    model_dir = files.as_path(storage)
    left = kill_and_go_on(
        model_dir, cache, dies_in_save="digests", dies_again_at_batch=15
    )
    assert left == ["checkpoint_10"]
    assert_same_run(model_dir, unbroken)
    assert checkpoint.complete_steps(model_dir) == [10, 20, 30, 40]
    expected = checkpoint.load_parameters(unbroken)
    for name, value in checkpoint.load_parameters(model_dir).items():
        np.testing.assert_array_equal(value, expected[name])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_wait_for_the_save(
    tmp_path, cache, unbroken, number
):
    job = Job(model_dir=tmp_path, compile_cache=cache)
    stalling = dataclasses.replace(job, stalls_in_save=True)
    assert train_and_signal(stalling, [number, number]) == [None, -number]
    assert checkpoint.complete_steps(tmp_path) == []
    assert train(job) == 0
    assert_same_run(tmp_path, unbroken)


MESHES = {
    "2x1x2": {"num_devices": 4, "num_partitions": 2},
    "2x1x1": {"num_devices": 2},
    "4x1x2": {"num_devices": 8, "num_partitions": 2},
    "1x1x8": {"num_devices": 8, "num_partitions": 8},
    "2x2x2": {"num_devices": 8, "num_partitions": 2, "num_fsdp_partitions": 2},
}


@pytest.fixture(scope="module")
def whole_runs(tmp_path_factory, cache):
    """Gives the directory of a run on a mesh, which is made once."""
    found = {}

    def get(mesh):
        if mesh not in found:
            found[mesh] = tmp_path_factory.mktemp("whole") / mesh
            job = Job(model_dir=found[mesh], compile_cache=cache)
            assert train(dataclasses.replace(job, **MESHES[mesh])) == 0
        return found[mesh]

    return get


@pytest.mark.parametrize(
    ("saved_on", "restored_on"),
    [("2x1x2", "2x1x1"), ("2x1x2", "4x1x2"), ("1x1x8", "2x2x2")],
)
def test_restored_on_other_devices(
    tmp_path, cache, whole_runs, saved_on, restored_on
):
    """Meshes are data x fsdp x model; the run moves after 20 steps."""
    whole, moved = whole_runs(saved_on), tmp_path / "moved"
    later = shutil.ignore_patterns("checkpoint_30", "checkpoint_40")
    shutil.copytree(whole, moved, ignore=later)
    job = Job(model_dir=moved, compile_cache=cache)
    assert train(dataclasses.replace(job, **MESHES[restored_on])) == 0
    info = (moved / "model-info.txt").read_text()
    data, fsdp, model = restored_on.split("x")
    assert f"'data': {data}, 'fsdp': {fsdp}, 'model': {model}" in info
    expected, found = losses(whole), losses(moved)
    for step, line in expected.items():
        assert found[step]["loss"] == pytest.approx(line["loss"], abs=1e-5)


def test_two_processes_save_together_and_one_goes_on(tmp_path, cache, unbroken):
    job = Job(model_dir=tmp_path, compile_cache=cache)
    halfway = dataclasses.replace(job, total_steps=20)
    assert train_together(halfway, 2) == [0, 0]
    assert checkpoint.complete_steps(tmp_path) == [10, 20]
    assert train(job) == 0
    expected, found = losses(unbroken), losses(tmp_path)
    for step, line in expected.items():
        assert found[step]["loss"] == pytest.approx(line["loss"], abs=1e-5)


@pytest.mark.parametrize("item", ["params", "slots"])
def test_two_processes_refuse_what_one_of_them_finds_damaged(
    tmp_path, cache, unbroken, item
):
    shutil.copytree(unbroken / "checkpoint_20", tmp_path / "checkpoint_20")
    path = tmp_path / "checkpoint_20" / item
    shard = next(path for path in path.glob("d/*") if path.is_file())
    shard.write_bytes(shard.read_bytes()[:-1])
    job = Job(model_dir=tmp_path, compile_cache=cache)
    assert 0 not in train_together(job, 2)
    assert not (tmp_path / "train").exists()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
