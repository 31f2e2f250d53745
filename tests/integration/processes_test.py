"""Several real processes share a run, over loopback; some are lost."""

import re
import signal

import pytest

from tests.support import process_group

pytestmark = pytest.mark.slow

TOY = ("-m", "tests.support.process_child")
NUM_STEPS = 24


def toy(model_dir, *, num_partitions=1):
    return [*TOY, str(model_dir), str(NUM_STEPS), str(num_partitions)]


def pali_train(data_dir, model_dir, *more):
    return [
        *("-m", "pali_tf.train"),
        "--gin_file=gin/pali_tiny.gin",
        f"--gin.DATA_DIR='{data_dir}'",
        f"--gin.MODEL_DIR='{model_dir}'",
        "--gin.TRAIN_STEPS=8",
        "--gin.BATCH_SIZE=8",
        "--gin.STATS_PERIOD=1",
        "--gin.CHECKPOINT_PERIOD=3",
        "--gin.EVAL_PERIOD=8",
        "--gin.EVAL_STEPS=2",
        "--gin.DROPOUT_RATE=0.1",
        *more,
    ]


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
    remedy = "The same command, on every process, resumes"
    assert process_group.says(tmp_path, 1 - lost, remedy)
    # JAX names it.
    said = process_group.stderr(tmp_path, 1 - lost)
    if lost:
        assert re.search(r"unhealthy[^\n]*\n1\n|Task 1 heartbeat timeout", said)
    else:
        assert "leader task was preempted/died" in said
    process_group.finish(toy(model_dir), 2, tmp_path / "after")
    assert_same_run(model_dir, alone)


def test_pali_train_on_two_processes_is_as_on_one(data_dir, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    arguments = pali_train(
        data_dir,
        one,
        # Threads of a process: their number changes nothing.
        "--gin_file=gin/runs/readers.gin",
        "--gin.NUM_READERS=2",
    )
    process_group.finish(arguments, 1, tmp_path / "log_one")
    arguments = pali_train(data_dir, two)
    log = tmp_path / "log_two"
    with process_group.started(arguments, 2, log) as group:
        process_group.wait_until((two / "checkpoint_3").is_dir, group)
        group[1].kill()
        assert process_group.statuses(group)[0] != 0
    # A single process goes on.
    process_group.finish(arguments, 1, tmp_path / "log_after")
    assert "Resuming" in process_group.stderr(tmp_path / "log_after", 0)
    assert_same_run(two, one)
    task = "training_eval/vq2a_cc3m35l_vqa/metrics.jsonl"
    assert (two / task).is_file() == (one / task).is_file()


def assert_all_refuse(arguments, folder, of_last, told):
    with process_group.started(
        arguments, 2, folder, of_last=[of_last]
    ) as group:
        found = process_group.statuses(group)
    assert found == [2, 2]
    for index in range(2):
        said = process_group.stderr(folder, index)
        assert told in said
        assert "Traceback" not in said
    assert not (folder / "model").exists()


def test_processes_of_other_seeds_are_no_run(tmp_path):
    assert_all_refuse(
        toy(tmp_path / "model"),
        tmp_path,
        "--seed=1",
        "Process 1 was not started as process 0 was: seed is 0 there and 1",
    )


def test_processes_of_other_rates_are_no_run(tmp_path):
    """It is told before the data are looked for."""
    assert_all_refuse(
        pali_train("/nowhere", tmp_path / "model"),
        tmp_path,
        "--gin.PEAK_LEARNING_RATE=0.1",
        "PEAK_LEARNING_RATE is '0.01' there and '0.1' here",
    )


def test_two_runs_do_not_share_a_folder(tmp_path):
    """Both processes of the second know who has it."""
    model_dir = tmp_path / "model"
    endless = [*TOY, str(model_dir), "100000", "1"]
    with process_group.started(endless, 2, tmp_path / "one") as group:
        process_group.wait_until(
            lambda: process_group.has_logged(model_dir, 1), group
        )
        with process_group.started(endless, 2, tmp_path / "two") as second:
            assert process_group.statuses(second) == [2, 2]
        group[1].send_signal(signal.SIGTERM)
        assert process_group.statuses(group) == [128 + signal.SIGTERM] * 2
    for index in range(2):
        said = process_group.stderr(tmp_path / "two", index)
        assert f"{model_dir} is another run's: process {group[0].pid}" in said
    assert not list(model_dir.glob("running-*"))


def test_a_process_that_does_not_come_is_told(tmp_path):
    arguments = [*toy(tmp_path / "model"), "--initialization_timeout=3"]
    with process_group.started(arguments, 2, tmp_path) as group:
        group[1].kill()
        assert process_group.statuses(group)[0] != 0
    assert process_group.says(tmp_path, 0, "or did not come")


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
