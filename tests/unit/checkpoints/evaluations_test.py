"""Numbers that come after a save decide which checkpoints stay."""

import pytest

from pali_tf.checkpoints import checkpoint
from pali_tf.checkpoints.evaluations import Evaluations
from pali_tf.checkpoints.progress import Progress
from pali_tf.checkpoints.run_checkpoints import RunCheckpoints
from pali_tf.training.configs import SaveCheckpointConfig
from tests.support import toy_model


@pytest.mark.slow
def test_the_best_are_kept_across_runs(tmp_path):
    """The loss is lowest at step 2; nan is never the best."""
    state = toy_model.make_trainer().init_state()
    config = SaveCheckpointConfig(keep=1, keep_best=1)
    for steps in ({1: 3.0, 2: 1.0}, {3: 2.0, 4: float("nan"), 5: 2.5}):
        checkpoints = RunCheckpoints(
            tmp_path, config, task_names=toy_model.TASKS
        )
        for step, loss in steps.items():
            progress = Progress(step=step)
            checkpoints.save(state, progress)
            checkpoints.evaluations.note(step, {"loss": loss})
        checkpoints.close()
    assert checkpoint.complete_steps(tmp_path) == [2, 5]


def test_what_is_noted_stays_until_it_comes_again(tmp_path):
    evaluations = Evaluations(tmp_path)
    evaluations.note(2, {"accuracy": 0.5})
    evaluations.note(4, {})
    again = Evaluations(tmp_path)
    assert again.has(2)
    assert again.has(4)
    again.forget_after(3)
    assert not Evaluations(tmp_path).has(4)
    config = SaveCheckpointConfig(best_metric="accuracy", best_mode="max")
    assert again.value(2, config) == -0.5
    assert again.value(4, config) is None


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
