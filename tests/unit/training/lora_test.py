"""The engine trains adapters and nothing else."""

import dataclasses

import jax
import numpy as np
import pytest

from pali_tf.checkpoints import checkpoint, initial_parameters
from pali_tf.models.functional import flatten
from pali_tf.models.lora.config import LoRAConfig
from pali_tf.partitioning.shardings import PjitPartitioner
from pali_tf.training.model import PaliTrainingModel
from pali_tf.training.optimizer import Adafactor
from pali_tf.training.schedules import create_learning_rate_scheduler
from pali_tf.training.trainer import Trainer
from tests.support import tiny_pali

pytestmark = pytest.mark.slow

NUM_STEPS = 12


@pytest.fixture(scope="module")
def trainer():
    model = PaliTrainingModel(
        config=tiny_pali.make_config(),
        # B starts at zero, so steps relative to it would be nothing.
        optimizer_def=Adafactor(multiply_by_parameter_scale=False),
        trainable=".*/lora_.*",
        lora=LoRAConfig(rank=2),
        loss_normalizing_factor="NUM_REAL_TARGET_TOKENS",
    )
    return Trainer(
        model=model,
        partitioner=PjitPartitioner(num_partitions=1),
        num_tasks=3,
        random_seed=0,
        learning_rate_fn=create_learning_rate_scheduler(
            factors="constant", base_learning_rate=0.02
        ),
    )


@pytest.fixture(scope="module")
def base(trainer):
    """The model without adapters, and parameters of it."""
    model = dataclasses.replace(trainer.model, lora=None, trainable=".*")
    return model, jax.jit(model.init)(jax.random.key(5))


@pytest.fixture(scope="module")
def state(trainer, base, tmp_path_factory):
    """The state of step 0, from a checkpoint without adapters."""
    folder = tmp_path_factory.mktemp("base")
    checkpoint.save_parameters(folder, 1, base[1])
    specs = trainer.model.functional.specs
    origins = initial_parameters.find_origins([str(folder)], specs)
    assert not any("lora_" in path for path in origins)
    return initial_parameters.replace_parameters(
        trainer.init_state(), origins, specs, trainer.parameter_shardings
    )


def test_only_adapters_have_gradients_and_slots(trainer, state):
    assert all("/lora_" in path for path in state.trainable)
    assert not any("/lora_" in path for path in state.frozen)
    assert len(state.trainable) == 2 * 12


def test_the_first_loss_is_that_of_the_base(trainer, base, state):
    batch = tiny_pali.make_batch()
    model, params = base
    expected, _ = jax.jit(model.eval_fn)(params, batch)
    loss, _ = jax.jit(trainer.model.eval_fn)(state.params(), batch)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_steps_change_adapters_alone_and_the_loss_falls(trainer, state):
    before = {
        path: np.array(value) for path, value in flatten(state.params()).items()
    }
    batch = trainer.place(tiny_pali.make_batch())
    loss_of = jax.jit(trainer.model.eval_fn)
    first = float(loss_of(state.params(), batch)[0])
    step = trainer.compile_train_step(batch)
    # The step consumes its state; the fixture's is for other tests too.
    now = jax.tree.map(lambda x: x.copy(), state)
    for _ in range(NUM_STEPS):
        now = step(now, batch)
    assert float(loss_of(now.params(), batch)[0]) < 0.9 * first
    for path, value in flatten(now.params()).items():
        is_same = bool(np.all(before[path] == np.asarray(value)))
        assert is_same == ("/lora_" not in path), path


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
