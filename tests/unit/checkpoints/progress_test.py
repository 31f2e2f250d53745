"""What a checkpoint tells beside its arrays, and before they are read."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, digests
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.errors import UserError
from tests.support import toy_model


@pytest.fixture
def saved(tmp_path):
    """A checkpoint, its trainer and its state, whose sums are all 1."""
    trainer = toy_model.make_trainer()
    state = trainer.init_state()
    sums = jax.tree.map(lambda x: x * 0 + 1, state.metrics)
    state = dataclasses.replace(state, metrics=sums)
    checkpoints = RunCheckpoints(tmp_path, task_names=toy_model.TASKS)
    checkpoints.save(state, Progress(step=4, identity={"seed": 0}))
    checkpoints.close()
    return tmp_path / "checkpoint_4", trainer, state


def restore(path, trainer, task_names=toy_model.TASKS, **options):
    checkpoints = RunCheckpoints(path.parent, task_names=task_names)
    try:
        return checkpoints.restore_latest(trainer.abstract_state, **options)
    finally:
        checkpoints.close()


@pytest.mark.slow
def test_a_checkpoint_of_the_earlier_form_is_refused_in_one_line(saved):
    """Before there were identities; its parameters are read."""
    path, trainer, _ = saved
    earlier = {"step": 4, "num_batches_read": 4, "task_names": ["first"]}
    (path / "progress" / "metadata").write_text(json.dumps(earlier))
    digests.write(path)
    with pytest.raises(UserError) as caught:
        restore(path, trainer)
    message = str(caught.value)
    assert f"{path} does not tell of which run it is" in message
    assert f"--gin.INITIAL_CHECKPOINT_PATH=\"'{path}'\"" in message
    assert checkpoint.load_parameters(path).keys() == toy_model.SPECS.keys()


@pytest.mark.slow
def test_no_array_depends_on_the_number_of_tasks(saved):
    """A release that knows more tasks goes on with the sums by name."""
    path, trainer, state = saved
    found = []
    for file in sorted(path.glob("*/_METADATA")):
        found += json.loads(file.read_text())["tree_metadata"]
    assert found
    assert not [key for key in found if "metrics" in key]
    more = dataclasses.replace(trainer, num_tasks=3)
    restored, _ = restore(path, more, ("new", *toy_model.TASKS))
    for name in ("cross_entropy", "num_tokens", "num_examples"):
        before = getattr(state.metrics, name)
        np.testing.assert_array_equal(
            getattr(restored.metrics, name), [0, *before]
        )
    np.testing.assert_array_equal(restored.metrics.z_loss, 1)


@pytest.mark.slow
def test_what_must_not_go_on_is_told_before_arrays_are_read(saved):
    """Even a damaged array beside it is not looked at."""
    path, trainer, _ = saved
    for file in (path / "params").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")

    def check(progress):
        raise UserError(f"not {progress.identity}")

    with pytest.raises(UserError, match="not {'seed': 0}"):
        restore(path, trainer, check=check)


def test_parameters_alone_tell_of_no_run(tmp_path):
    part = {"vision": {"kernel": np.zeros(2)}}
    path = checkpoint.save_parameters(tmp_path, 1, part)
    with pytest.raises(UserError, match="or holds parameters alone"):
        restore(path, toy_model.make_trainer())


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
