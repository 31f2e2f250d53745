"""Which steps are traced, and where the trace lies."""

import contextlib
import types

import jax
import jax.numpy as jnp
import pytest
from absl import logging

from pali_tf import files
from pali_tf.run import loop, profiling
from pali_tf.training.configs import CheckpointConfig
from tests.support import toy_model
from tests.support.compile_cache import compile_cache


@pytest.mark.parametrize("text", ["10", "10:", "a:b", "0:3", "5:4", "1:2:3"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=f"--profile_steps={text}"):
        profiling.parse_steps(text)


def test_both_ends_are_included():
    assert profiling.parse_steps("10:15") == range(10, 16)
    assert profiling.parse_steps("3:3") == range(3, 4)


@pytest.fixture
def calls(monkeypatch):
    """Notes what the profiler and the step are asked, in order."""
    noted = []

    @contextlib.contextmanager
    def annotation(name, step_num):
        noted.append((name, step_num))
        yield

    monkeypatch.setattr(
        jax.profiler, "start_trace", lambda path: noted.append("on")
    )
    monkeypatch.setattr(jax.profiler, "stop_trace", lambda: noted.append("off"))
    monkeypatch.setattr(jax.profiler, "StepTraceAnnotation", annotation)
    return noted


def run_steps(tmp_path, steps, *, start, count):
    state = types.SimpleNamespace(step=jnp.zeros(()))
    with profiling.traced(
        lambda state, batch: state, steps, start=start, directory=tmp_path
    ) as train_step:
        for _ in range(count):
            train_step(state, None)


def test_only_the_named_steps_are_traced(tmp_path, calls):
    run_steps(tmp_path, range(3, 5), start=0, count=10)
    assert calls == ["on", ("train", 3), ("train", 4), "off"]


def test_a_resumed_run_traces_the_steps_that_are_left(tmp_path, calls):
    run_steps(tmp_path, range(3, 6), start=4, count=3)
    assert calls == ["on", ("train", 5), "off"]


def test_a_run_that_ends_among_them_writes_what_there_is(tmp_path, calls):
    run_steps(tmp_path, range(3, 100), start=0, count=3)
    assert calls == ["on", ("train", 3), "off"]


def test_steps_that_are_done_are_told(tmp_path, calls, caplog):
    logging.use_absl_handler()
    run_steps(tmp_path, range(3, 5), start=7, count=3)
    assert calls == []
    assert "Steps 3 to 4 are done already" in caplog.text


def test_without_steps_the_step_is_itself(tmp_path):
    def step(state, batch):
        return state

    with profiling.traced(step, None, start=0, directory=tmp_path) as given:
        assert given is step


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["disk", "gs"], indirect=True)
def test_the_loop_leaves_a_trace_for_tensorboard(tmp_path, storage):
    config = loop.RunConfig(
        model_dir=storage,
        total_steps=4,
        checkpoint=CheckpointConfig(),
        task_names=toy_model.TASKS,
        profile_steps=range(2, 4),
    )
    hooks = loop.Hooks(batches_from=toy_model.batches_from)
    with compile_cache(tmp_path / "compiled"):
        loop.run(toy_model.make_trainer(), config, hooks)
    profile = files.as_path(storage) / "profile"
    (trace,) = [
        n for n in files.list_files(profile) if n.endswith(".xplane.pb")
    ]
    assert trace.startswith("plugins/profile/")
    assert b"train" in (profile / trace).read_bytes()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
