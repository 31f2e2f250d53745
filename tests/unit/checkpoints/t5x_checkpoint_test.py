"""Checkpoints that T5X itself saved: read, never resumed or set aside."""

import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, folders
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from tests.support.t5x_checkpoints import parameters, unpack


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    """T5X's own, of mT5: tests/parity/goldens/t5x_checkpoints.py."""
    folder = tmp_path_factory.mktemp("t5x")
    return unpack(folder, "unscanned", "orbax").parent


@pytest.mark.slow
def test_its_parameters_are_read_by_the_same_paths(model_dir):
    golden = parameters("unscanned")
    found = checkpoint.find(model_dir)
    assert folders.is_t5x(found)
    assert folders.is_complete(found)
    shapes = checkpoint.parameter_shapes(found)
    assert shapes.keys() == golden.keys()
    loaded = checkpoint.load_parameters(model_dir)
    for path, value in golden.items():
        np.testing.assert_array_equal(loaded[path], value)


def test_a_part_of_it(model_dir):
    selection = checkpoint.Selection(only="decoder/.*")
    loaded = checkpoint.load_parameters(model_dir, selection=selection)
    assert {path.split("/")[0] for path in loaded} == {"decoder"}


def test_it_is_not_resumed_and_not_moved(model_dir):
    before = sorted(model_dir.iterdir())
    with pytest.raises(ValueError, match="our engine cannot resume"):
        RunCheckpoints(model_dir)
    assert sorted(model_dir.iterdir()) == before


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
