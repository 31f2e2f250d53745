"""Evaluations in training: after the save, each once, whatever they raise."""

import dataclasses

import pytest

from pali_tf.checkpoints import checkpoint
from pali_tf.run import loop
from pali_tf.training.configs import CheckpointConfig, SaveCheckpointConfig
from tests.support import toy_model
from tests.support.compile_cache import compile_cache
from tests.support.toy_run import HOOKS, make_config, read_lines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    with compile_cache(tmp_path_factory.mktemp("compiled")):
        yield


def test_evaluations_write_lines_by_task(tmp_path):
    steps = []
    hooks = loop.Hooks(
        batches_from=toy_model.batches_from,
        eval_batches=lambda: [toy_model.make_batch(i) for i in (100, 101)],
        infer_eval=lambda state, step: steps.append((int(state.step), step)),
    )
    loop.run(
        toy_model.make_trainer(),
        make_config(tmp_path, 6, eval_period=4),
        hooks,
    )
    lines = read_lines(tmp_path, "training_eval/second/metrics.jsonl")
    assert [line["step"] for line in lines] == [4, 6]
    assert lines[0]["examples"] == 8
    assert steps == [(4, 4), (6, 6)]


@pytest.mark.parametrize("fails", ["eval_batches", "infer_eval"])
def test_an_evaluation_that_fails_costs_no_checkpoint(tmp_path, fails):
    """The next start does it, and the lines are those of a whole run."""

    def fail(*_):
        raise ZeroDivisionError("in an evaluation")

    steps = []
    hooks = loop.Hooks(
        batches_from=toy_model.batches_from,
        eval_batches=lambda: [toy_model.make_batch(100)],
        infer_eval=lambda state, step: steps.append((int(state.step), step)),
    )
    trainer = toy_model.make_trainer()
    save = SaveCheckpointConfig(period=2, keep=1, keep_best=1)
    config = make_config(
        tmp_path, 6, eval_period=2, checkpoint=CheckpointConfig(save=save)
    )
    short = dataclasses.replace(config, total_steps=2)
    loop.run(trainer, short, hooks)
    failing = dataclasses.replace(hooks, **{fails: fail})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            loop.run(trainer, config, failing)
        assert checkpoint.complete_steps(tmp_path) == [2, 4]
    # The loss only falls: step 2 is the best but for 4, whose number is not
    # known before its evaluation is done.
    loop.run(trainer, config, hooks)
    assert steps == [(2, 2), (4, 4), (6, 6)]
    lines = read_lines(tmp_path, "training_eval/metrics.jsonl")
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert checkpoint.complete_steps(tmp_path) == [4, 6]


def test_a_missing_evaluation_of_the_last_step_is_done(tmp_path):
    trainer = toy_model.make_trainer()
    config = make_config(tmp_path, 4, eval_period=4)
    loop.run(trainer, config, HOOKS)
    steps = []
    hooks = dataclasses.replace(
        HOOKS, infer_eval=lambda state, step: steps.append(step)
    )
    for _ in range(2):
        assert loop.run(trainer, config, hooks)[0] == 4
    assert steps == [4]


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
