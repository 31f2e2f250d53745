"""Parameters come from checkpoints as they were, or not at all."""

import pathlib

import numpy as np
import pytest

from pali_tf import files
from pali_tf.checkpoints import checkpoint
from pali_tf.checkpoints.checkpoint import Selection
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from tests.support import t5x_checkpoints, toy_model
from tests.support.compile_cache import compile_cache


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        state = toy_model.make_trainer().init_state()
    checkpoints = RunCheckpoints(directory, task_names=toy_model.TASKS)
    checkpoints.save(state, Progress(step=3))
    checkpoints.close()
    return directory, state


@pytest.mark.slow
def test_parameters_of_a_part_of_the_tree(storage):
    part = {"vision": {"kernel": np.arange(6.0).reshape(2, 3)}}
    path = checkpoint.save_parameters(storage, 20, part)
    assert str(path) == f"{storage}/checkpoint_20"
    for where in (storage, path):
        loaded = checkpoint.load_parameters(where)
        assert list(loaded) == ["vision/kernel"]
        np.testing.assert_array_equal(
            loaded["vision/kernel"], part["vision"]["kernel"]
        )


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_run_that_was_copied_to_a_bucket_goes_on_there(saved, storage):
    directory, _ = saved
    for path in directory.rglob("*"):
        if path.is_file():
            name = path.relative_to(directory).as_posix()
            files.write_whole(f"{storage}/{name}", path.read_bytes())
    checkpoints = RunCheckpoints(storage, task_names=toy_model.TASKS)
    found = checkpoints.restore_latest(toy_model.make_trainer().abstract_state)
    checkpoints.close()
    assert found is not None and found[1].step == 3
    loaded = checkpoint.load_parameters(storage)
    for name, value in checkpoint.load_parameters(directory).items():
        np.testing.assert_array_equal(loaded[name], value)


def test_parameters_are_never_overwritten(tmp_path):
    checkpoint.save_parameters(tmp_path, 1, {"a": np.zeros(2)})
    with pytest.raises(ValueError, match="never overwritten"):
        checkpoint.save_parameters(tmp_path, 1, {"a": np.ones(2)})


def test_a_runs_parameters_can_be_read_alone(saved):
    directory, state = saved
    loaded = checkpoint.load_parameters(directory)
    assert loaded.keys() == {*state.trainable, *state.frozen}


def test_parameters_that_a_regex_selects(saved):
    directory, state = saved
    selection = Selection(only=r"(token_embedder|decoder/mlp)/.*")
    loaded = checkpoint.load_parameters(directory, selection=selection)
    names = ["decoder/mlp/wi/kernel", "token_embedder/embedding"]
    assert sorted(loaded) == names
    assert checkpoint.parameter_shapes(directory, selection).keys() == set(
        names
    )
    for name in names:
        np.testing.assert_array_equal(loaded[name], state.trainable[name])


def test_a_regex_that_selects_nothing_says_what_there_is(saved):
    selection = Selection(only="adapters/.*")
    with pytest.raises(
        ValueError, match="begin with decoder, token_embedder, vision"
    ):
        checkpoint.load_parameters(saved[0], selection=selection)


def test_parameters_of_a_damaged_checkpoint_are_refused(tmp_path):
    """Also one that was written by `save_parameters`."""
    path = checkpoint.save_parameters(tmp_path, 1, {"a": np.arange(1e4)})
    shard = next((path / "params").glob("d/*"))
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    with pytest.raises(checkpoint.DamagedCheckpointError, match=shard.name):
        checkpoint.load_parameters(tmp_path)


@pytest.mark.parametrize("lost", ["params", "slots", "progress"])
def test_a_half_copied_checkpoint_is_never_restored(saved, tmp_path, lost):
    """digests.json is the last that a checkpoint gets."""
    half = tmp_path / "checkpoint_9"
    for path in saved[0].joinpath("checkpoint_3").rglob("*"):
        name = path.relative_to(saved[0] / "checkpoint_3")
        if path.is_file() and name.parts[0] != lost:
            target = half / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (half / "digests.json").unlink()
    assert checkpoint.complete_steps(tmp_path) == []
    with pytest.raises(FileNotFoundError, match="half-written"):
        checkpoint.find(half)


def test_what_t5x_saves_is_read_too(tmp_path):
    found = t5x_checkpoints.unpack(tmp_path, "unscanned", "orbax")
    expected = t5x_checkpoints.parameters("unscanned")
    loaded = checkpoint.load_parameters(found)
    assert loaded.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(loaded[name], value)


def test_no_checkpoint_says_what_is_there(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds steps \\[3\\]"):
        checkpoint.find(saved[0] / "checkpoint_5")
    with pytest.raises(FileNotFoundError, match="No checkpoint at"):
        checkpoint.find(pathlib.Path(tmp_path))


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
