"""A preset's arrays are the checkpoint's, plain or averaged."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.presets.from_checkpoint import checkpoint_tensors
from tests.support import toy_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    state = toy_model.make_trainer(ema_decay=0.9).init_state()
    average = {path: jnp.full_like(x, 7) for path, x in state.trainable.items()}
    state = dataclasses.replace(state, ema=average)
    directory = tmp_path_factory.mktemp("run")
    checkpoints = RunCheckpoints(directory, task_names=toy_model.TASKS)
    checkpoints.save(state, Progress(step=2))
    checkpoints.close()
    return directory / "checkpoint_2", state


@pytest.mark.slow
def test_the_last_parameters(saved):
    path, state = saved
    tensors = checkpoint_tensors(path, toy_model.SPECS)
    for name, value in {**state.trainable, **state.frozen}.items():
        np.testing.assert_array_equal(tensors[name].read(), value)


def test_the_average_of_what_trained_and_the_frozen_rest(saved):
    path, state = saved
    tensors = checkpoint_tensors(path, toy_model.SPECS, use_ema=True)
    for name in state.trainable:
        np.testing.assert_array_equal(tensors[name].read(), 7)
    for name, value in state.frozen.items():
        np.testing.assert_array_equal(tensors[name].read(), value)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
