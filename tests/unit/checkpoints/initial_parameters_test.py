"""What a checkpoint holds takes the place of what was drawn."""

import dataclasses

import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.training.configs import Selection
from tests.support import toy_model
from tests.support.compile_cache import compile_cache


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def replace(trainer, paths, **selected):
    selection = Selection(**selected)
    origins = initial_parameters.find_origins(paths, toy_model.SPECS, selection)
    state = initial_parameters.replace_parameters(
        trainer.init_state(),
        origins,
        toy_model.SPECS,
        trainer.parameter_shardings,
        selection,
    )
    return state, origins


@pytest.mark.slow
def test_parts_from_two_checkpoints(tmp_path):
    trainer = toy_model.make_trainer()
    vision = np.full((12, 8), 2.0, np.float32)
    table = np.full((16, 8), 3.0, np.float32)
    a = checkpoint.save_parameters(
        tmp_path / "a", 5, {"vision": {"kernel": vision}}
    )
    checkpoint.save_parameters(
        tmp_path / "b", 1, {"token_embedder": {"embedding": table}}
    )
    drawn = trainer.init_state()
    state, origins = replace(trainer, [str(a), str(tmp_path / "b")])
    np.testing.assert_array_equal(state.frozen["vision/kernel"], vision)
    np.testing.assert_array_equal(
        state.trainable["token_embedder/embedding"], table
    )
    np.testing.assert_array_equal(
        state.trainable["decoder/mlp/wi/kernel"],
        drawn.trainable["decoder/mlp/wi/kernel"],
    )
    assert origins["vision/kernel"] == str(a)
    assert "decoder/mlp/wi/kernel" not in origins


def test_a_later_checkpoint_wins(tmp_path):
    for name, value in (("a", 1.0), ("b", 2.0)):
        part = {"vision": {"kernel": np.full((12, 8), value, np.float32)}}
        checkpoint.save_parameters(tmp_path / name, 1, part)
    paths = [str(tmp_path / "a"), str(tmp_path / "b")]
    state, origins = replace(toy_model.make_trainer(), paths)
    assert origins == {"vision/kernel": str(tmp_path / "b" / "checkpoint_1")}
    np.testing.assert_array_equal(state.frozen["vision/kernel"], 2.0)


def test_parts_that_a_regex_selects(tmp_path):
    """What is left out may have any shape: it is not read."""
    whole = {
        "vision": {"kernel": np.full((12, 9), 2.0, np.float32)},
        "token_embedder": {"embedding": np.full((16, 8), 3.0, np.float32)},
    }
    path = checkpoint.save_parameters(tmp_path, 1, whole)
    trainer = toy_model.make_trainer()
    drawn = trainer.init_state()
    state, origins = replace(trainer, [str(tmp_path)], only="token_embedder/.*")
    assert origins == {"token_embedder/embedding": str(path)}
    np.testing.assert_array_equal(
        state.trainable["token_embedder/embedding"], 3.0
    )
    np.testing.assert_array_equal(
        state.frozen["vision/kernel"], drawn.frozen["vision/kernel"]
    )


@pytest.mark.slow
def test_a_run_can_start_from_anothers_average(tmp_path):
    trainer = toy_model.make_trainer(ema_decay=0.5)
    state = trainer.init_state()
    average = {path: value * 0 + 7 for path, value in state.trainable.items()}
    checkpoints = RunCheckpoints(tmp_path, task_names=toy_model.TASKS)
    checkpoints.save(dataclasses.replace(state, ema=average), Progress(step=1))
    checkpoints.close()
    for use_ema in (False, True):
        found, _ = replace(
            toy_model.make_trainer(seed=1), [str(tmp_path)], use_ema=use_ema
        )
        for path, value in (average if use_ema else state.trainable).items():
            np.testing.assert_array_equal(found.trainable[path], value)
        for path, value in state.frozen.items():
            np.testing.assert_array_equal(found.frozen[path], value)


def test_a_shape_that_differs_is_an_error(tmp_path):
    part = {"vision": {"kernel": np.zeros((12, 9), np.float32)}}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match=r"\(12, 9\), the model's is \(12, 8"):
        initial_parameters.find_origins([str(tmp_path)], toy_model.SPECS)


def test_a_path_that_fits_nothing_names_the_nearest(tmp_path):
    part = {"vision": {"kernal": np.zeros((12, 8), np.float32)}}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match="did you mean 'vision/kernel'"):
        initial_parameters.find_origins([str(tmp_path)], toy_model.SPECS)


def test_a_path_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="No checkpoint at"):
        initial_parameters.find_origins(["/nowhere/vit"], toy_model.SPECS)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
