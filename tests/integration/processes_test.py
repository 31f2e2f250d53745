"""Several real processes share a run, over loopback; some are lost."""

import signal

import pytest

from tests.support import process_group

pytestmark = pytest.mark.slow

TOY = ("-m", "tests.support.process_child")
NUM_STEPS = 24


def toy(model_dir, *, num_partitions=1):
    return [*TOY, str(model_dir), str(NUM_STEPS), str(num_partitions)]


def assert_same_run(model_dir, other):
    lines, expected = map(process_group.numbers, (model_dir, other))
    assert [line["step"] for line in lines] == list(range(1, len(expected) + 1))
    for line, alone in zip(lines, expected, strict=True):
        # Sums over devices are taken in another order.
        assert line == pytest.approx(alone, rel=1e-5, abs=1e-5)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The toy's run in one process."""
    folder = tmp_path_factory.mktemp("alone")
    process_group.finish(toy(folder / "model"), 1, folder)
    return folder / "model"


@pytest.mark.parametrize(
    ("count", "num_partitions"),
    [
        (2, 1),
        # Two processes hold a copy of the model between them.
        (4, 2),
    ],
)
def test_several_processes_are_one(alone, tmp_path, count, num_partitions):
    model_dir = tmp_path / "model"
    process_group.finish(
        toy(model_dir, num_partitions=num_partitions), count, tmp_path
    )
    assert_same_run(model_dir, alone)
    # Process 0 writes for all of them.
    assert len(list((model_dir / "train").glob("events*"))) == 1
    assert "step 24/24" in process_group.stderr(tmp_path, 0)
    assert "step 24/24" not in process_group.stderr(tmp_path, 1)


def test_a_signal_to_one_stops_all_after_the_same_step(alone, tmp_path):
    model_dir = tmp_path / "model"
    with process_group.started(toy(model_dir), 2, tmp_path) as group:
        process_group.wait_until(
            lambda: process_group.has_logged(model_dir, 3), group
        )
        group[1].send_signal(signal.SIGTERM)
        found = process_group.statuses(group)
    assert found == [128 + signal.SIGTERM] * 2
    for index in range(2):
        said = process_group.stderr(tmp_path, index)
        assert "is saved. The same command continues." in said
    # Another number of processes goes on.
    process_group.finish(toy(model_dir), 1, tmp_path / "after")
    assert_same_run(model_dir, alone)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_others(alone, tmp_path, lost):
    model_dir = tmp_path / "model"
    with process_group.started(toy(model_dir), 2, tmp_path) as group:
        process_group.wait_until(
            lambda: process_group.has_logged(model_dir, 8), group
        )
        group[lost].kill()
        found = process_group.statuses(group)
    assert found[lost] == -signal.SIGKILL
    assert found[1 - lost] != 0
    gone = f"pali: Process {lost} of 2 ended without a word"
    assert process_group.says(tmp_path, lost, gone)
    # JAX names it, and what to do is the last line.
    named = "unhealthy" if lost else "leader task was preempted/died"
    assert process_group.says(tmp_path, 1 - lost, named)
    remedy = "The same command, on every process, resumes"
    assert process_group.says(tmp_path, 1 - lost, remedy)
    process_group.finish(toy(model_dir), 2, tmp_path / "after")
    assert_same_run(model_dir, alone)


def test_a_process_that_does_not_come_is_told(tmp_path):
    arguments = [*toy(tmp_path / "model"), "--initialization_timeout=3"]
    with process_group.started(arguments, 2, tmp_path) as group:
        group[1].kill()
        assert process_group.statuses(group)[0] != 0
    assert process_group.says(tmp_path, 0, "or did not come")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
