"""What a checkpoint holds takes the place of what was drawn."""

import numpy as np
import pytest

from pali_tf.training import checkpoint, initial_parameters
from tests.support import toy_model
from tests.support.compile_cache import compile_cache


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def replace(trainer, paths):
    return initial_parameters.replace_parameters(
        trainer.init_state(),
        paths,
        specs=toy_model.SPECS,
        places=trainer.parameter_shardings,
    )


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


def test_a_shape_that_differs_is_an_error(tmp_path):
    part = {"vision": {"kernel": np.zeros((12, 9), np.float32)}}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match=r"\(12, 9\), the model's is \(12, 8"):
        replace(toy_model.make_trainer(), [str(tmp_path)])


def test_a_path_that_fits_nothing_names_the_nearest(tmp_path):
    part = {"vision": {"kernal": np.zeros((12, 8), np.float32)}}
    checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(ValueError, match="nearest is 'vision/kernel'"):
        replace(toy_model.make_trainer(), [str(tmp_path)])


def test_a_path_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="No checkpoint at"):
        replace(toy_model.make_trainer(), ["/nowhere/vit"])


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
