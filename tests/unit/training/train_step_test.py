"""What a step changes, what it leaves, and that it is a function."""

import jax
import numpy as np
import pytest

from pali_tf.models.functional import flatten, unflatten
from tests.support import toy_model
from tests.support.compile_cache import compile_cache

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def run_steps(trainer, num_steps, start=0):
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    for i in range(start, start + num_steps):
        state = step(state, trainer.place(toy_model.make_batch(i)))
    return state


def test_frozen_values_never_move_and_the_rest_does():
    trainer = toy_model.make_trainer()
    before = jax.device_get(trainer.init_state())
    after = jax.device_get(run_steps(trainer, 3))
    assert set(before.frozen) == {"vision/kernel"}
    np.testing.assert_array_equal(
        before.frozen["vision/kernel"], after.frozen["vision/kernel"]
    )
    for path, value in before.trainable.items():
        assert not np.array_equal(value, after.trainable[path]), path


def test_frozen_values_have_no_slots_and_no_gradient():
    trainer = toy_model.make_trainer()
    paths = {
        getattr(key, "key", None)
        for key_path, _ in jax.tree_util.tree_leaves_with_path(
            trainer.abstract_state.optimizer
        )
        for key in key_path
    }
    assert "vision/kernel" not in paths
    assert "decoder/mlp/wi/kernel" in paths


def test_frozen_values_are_held_in_the_precision_they_compute_in():
    trainer = toy_model.make_trainer(frozen_dtype="bfloat16")
    state = trainer.init_state()
    assert state.frozen["vision/kernel"].dtype == "bfloat16"
    assert {x.dtype.name for x in state.trainable.values()} == {"float32"}


def test_the_loss_falls():
    trainer = toy_model.make_trainer(dropout_rate=0.0)
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    batch = trainer.place(toy_model.make_batch(0))
    losses = []
    for _ in range(30):
        state = step(state, batch)
        losses.append(float(state.metrics.cross_entropy.sum()))
    per_step = np.diff([0.0, *losses])
    assert per_step[-1] < 0.5 * per_step[0]


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, second, other = (
        jax.device_get(run_steps(toy_model.make_trainer(seed=s), 4))
        for s in (3, 3, 4)
    )
    for path, value in flatten(first.params()).items():
        np.testing.assert_array_equal(value, flatten(second.params())[path])
    np.testing.assert_array_equal(
        first.metrics.cross_entropy, second.metrics.cross_entropy
    )
    assert not np.array_equal(
        first.metrics.cross_entropy, other.metrics.cross_entropy
    )


@pytest.mark.parametrize("microbatches", [2, 4])
def test_microbatches_give_the_same_step(microbatches):
    whole = run_steps(toy_model.make_trainer(dropout_rate=0.0), 2)
    parts = run_steps(
        toy_model.make_trainer(dropout_rate=0.0, microbatches=microbatches), 2
    )
    for path, value in whole.trainable.items():
        np.testing.assert_allclose(
            value, parts.trainable[path], rtol=1e-5, atol=1e-6
        )
    np.testing.assert_allclose(
        whole.metrics.cross_entropy, parts.metrics.cross_entropy, rtol=1e-5
    )
    np.testing.assert_array_equal(
        whole.metrics.num_examples, parts.metrics.num_examples
    )


def test_the_average_follows_what_trains():
    trainer = toy_model.make_trainer(ema_decay=0.75)
    states = [jax.device_get(trainer.init_state())]
    state = trainer.init_state()
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    for i in range(2):
        state = step(state, trainer.place(toy_model.make_batch(i)))
        states.append(jax.device_get(state))
    for path, first in states[0].trainable.items():
        np.testing.assert_array_equal(states[0].ema[path], first)
        expected = first
        for after in states[1:]:
            expected = 0.75 * expected + 0.25 * after.trainable[path]
        np.testing.assert_allclose(states[2].ema[path], expected, rtol=1e-6)
    evaluated = flatten(states[2].evaluated_params())
    np.testing.assert_array_equal(
        evaluated["decoder/mlp/wi/kernel"],
        states[2].ema["decoder/mlp/wi/kernel"],
    )
    assert evaluated.keys() == flatten(states[2].params()).keys()


def test_without_an_average_what_trains_is_evaluated():
    state = toy_model.make_trainer().init_state()
    assert state.ema is None
    assert flatten(state.evaluated_params()).keys() == toy_model.SPECS.keys()


@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_a_decay_lies_between_zero_and_one(decay):
    with pytest.raises(ValueError, match="ema_decay"):
        toy_model.make_trainer(ema_decay=decay)


def test_after_a_bad_step_the_last_good_state_stays():
    trainer = toy_model.make_trainer(ema_decay=0.9)
    step = trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))
    good = step(trainer.init_state(), trainer.place(toy_model.make_batch(0)))
    kept = jax.device_get(good)
    bad = toy_model.make_batch(1)
    bad["decoder_loss_weights"][0, 0] = np.inf
    state = step(good, trainer.place(bad))
    # A good batch after it does not train either: the loop is to stop.
    state = step(state, trainer.place(toy_model.make_batch(2)))
    assert int(state.metrics.first_bad_step) == 2
    assert int(state.step) == 1
    for name in ("trainable", "optimizer", "ema"):
        jax.tree.map(
            np.testing.assert_array_equal,
            getattr(kept, name),
            jax.device_get(getattr(state, name)),
        )


def test_the_norm_of_the_gradient_is_summed():
    trainer = toy_model.make_trainer(dropout_rate=0.0)
    batch = trainer.place(toy_model.make_batch(0))
    state = trainer.init_state()

    def loss(trainable):
        params = {**trainable, **state.frozen}
        return trainer.model.loss_fn(unflatten(params), batch, None)[0]

    gradient = jax.grad(loss)(state.trainable)
    expected = np.sqrt(
        sum(np.sum(np.square(g)) for g in jax.device_get(gradient).values())
    )
    state = trainer.compile_train_step(batch)(state, batch)
    np.testing.assert_allclose(state.metrics.gradient_norm, expected, rtol=1e-5)


def test_batch_must_split_into_microbatches():
    trainer = toy_model.make_trainer(microbatches=3)
    with pytest.raises(ValueError, match="does not split into 3"):
        trainer.compile_train_step(trainer.place(toy_model.make_batch(0)))


def test_no_optimizer_is_an_error():
    with pytest.raises(ValueError, match="bind OPTIMIZER"):
        toy_model.make_trainer(optimizer_def=None).init_state()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
