"""A MODEL_DIR under T5X: one run's at a time, and always the same run's."""

import atexit
import dataclasses
import types

import numpy as np
import pytest

from pali_tf.engines.t5x.batches import TrainBatches
from pali_tf.engines.t5x.own_run import OwnRun
from pali_tf.run import identity
from pali_tf.training.configs import DatasetConfig, RestoreCheckpointConfig
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from tests.support import t5x_checkpoints, tiny_pali


@pytest.fixture
def enter(monkeypatch, tmp_path):
    """Enters the MODEL_DIR that holds T5X's checkpoint_7, or an empty one."""
    closers = []
    monkeypatch.setattr(atexit, "register", closers.append)

    def enter(model_dir=tmp_path / "unscanned_orbax", seed=0, batch_size=8):
        model = PaliTrainingModel(
            config=tiny_pali.make_config(), optimizer_def=Adafactor()
        )
        own = OwnRun(
            model=types.SimpleNamespace(model=model),
            learning_rate_fn=None,
            random_seed=seed,
            restore=types.SimpleNamespace(native=RestoreCheckpointConfig()),
            model_dir=str(model_dir),
        )
        data = DatasetConfig(
            mixture_or_task_name=types.SimpleNamespace(name="mine", tasks=[]),
            task_feature_lengths={"inputs": 8, "targets": 4},
            split="train",
            batch_size=batch_size,
            shuffle=True,
            seed=seed,
        )
        return own.enter(data)

    yield enter
    for close in closers:
        close()


@pytest.fixture
def checkpoint(tmp_path):
    return t5x_checkpoints.unpack(tmp_path, "unscanned", "orbax")


def save(checkpoint, standing, check_owner=lambda: None):
    def open_at(step):
        return iter([{"rows": np.zeros(1)}])

    batches = TrainBatches(open_at, standing, check_owner)
    (checkpoint / "dataset").mkdir(exist_ok=True)
    batches.save(checkpoint / "dataset" / "train_ds-000-of-001")


def test_a_run_goes_on_from_its_own_checkpoint_alone(
    enter, checkpoint, tmp_path
):
    standing, _ = enter(tmp_path / "new")
    assert standing.step == 0
    with pytest.raises(ValueError, match="does not tell of which run it is"):
        enter()
    save(checkpoint, standing)
    with pytest.raises(
        ValueError,
        match=r"holds another run: seed was 0 and is 1 \(--gin.RANDOM_SEED\)",
    ):
        enter(seed=1)
    with pytest.raises(ValueError, match="batch_size was 8 and is 16"):
        enter(batch_size=16)
    assert enter()[0] == dataclasses.replace(standing, step=7)


def test_a_folder_is_one_runs_at_a_time(enter, checkpoint, tmp_path):
    model_dir = tmp_path / "new"
    standing, check_owner = enter(model_dir)
    with pytest.raises(ValueError, match="is another run's"):
        enter(model_dir)
    (path,) = model_dir.glob("running-*.json")
    path.unlink()
    with pytest.raises(ValueError, match="another run took"):
        save(checkpoint, standing, check_owner)


def test_a_checkpoint_tells_its_vocabulary(enter, checkpoint, tmp_path):
    standing, _ = enter(tmp_path / "new")
    standing.identity["vocabulary"] = "0" * 64
    save(checkpoint, standing)
    vocabulary = types.SimpleNamespace(sp_model=b"other")
    with pytest.raises(ValueError, match="trained with another vocabulary"):
        identity.check_vocabulary(checkpoint, vocabulary)


def test_a_run_of_the_native_engine_is_refused(enter, tmp_path):
    (tmp_path / "native" / "checkpoint_5" / "progress").mkdir(parents=True)
    with pytest.raises(ValueError, match="checkpoint_5 is the native engine's"):
        enter(tmp_path / "native")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
