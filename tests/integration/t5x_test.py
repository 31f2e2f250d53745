"""Run files on the real T5X: its own programs, unmodified, and our launcher.

T5X is on no package index: docs/T5X.md tells how to put it on PYTHONPATH.
"""

import importlib.util
import json
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from pali_tf.reporting import event_files
from seqio_tasks import pretraining

ROOT = pathlib.Path(__file__).parents[2]
# The repository has a folder of the same name, which is no package.
SPEC = importlib.util.find_spec("t5x")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        SPEC is None or SPEC.origin is None,
        reason="T5X is not on PYTHONPATH (docs/T5X.md)",
    ),
]

LOSS = re.compile(r"\[(\d+)\] collection=train .*[ ,]loss=([0-9.]+)")
# Of a loss, between engines: sums in another order.
TOLERANCE = 1e-5
LAUNCHER = "t5x/train.py"


def upstream(program="train.py"):
    assert SPEC is not None and SPEC.origin is not None
    return str(pathlib.Path(SPEC.origin).parent / program)


@pytest.fixture(scope="module")
def run(data_dir):
    """Runs a script on PaLI-tiny; gives its process.

    With `kill_at`, it is killed once that path is there.
    """

    def run(script, model_dir, *more, environment=None, kill_at=None):
        arguments = [
            *([script] if script.endswith(".py") else ["-m", *script.split()]),
            "--gin_file=gin/pali_tiny.gin",
            f"--gin.DATA_DIR='{data_dir}'",
            f"--gin.MODEL_DIR='{model_dir}'",
            "--gin.BATCH_SIZE=8",
            "--gin.STATS_PERIOD=1",
            "--gin.WARMUP_STEPS=5",
            "--gin.CHECKPOINT_PERIOD=5",
            "--gin.EVAL_PERIOD=5",
            "--gin.EVAL_STEPS=2",
            *more,
        ]
        settings = {"JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "jax"}
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | settings | (environment or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if kill_at is not None:
                threading.Thread(
                    target=kill_once, args=(process, kill_at), daemon=True
                ).start()
            _, errors = process.communicate(timeout=900)
        return subprocess.CompletedProcess(
            arguments, process.returncode, stderr=errors
        )

    return run


def kill_once(process, path):
    while process.poll() is None:
        if path.exists():
            process.kill()
        time.sleep(0.1)


def finish(process):
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stderr


def t5x_losses(log):
    return {int(step): float(loss) for step, loss in LOSS.findall(log)}


def native_losses(model_dir):
    text = (model_dir / "train" / "metrics.jsonl").read_text()
    lines = map(json.loads, text.splitlines())
    return {line["step"]: line["loss"] for line in lines}


@pytest.fixture(scope="module")
def native(run, tmp_path_factory):
    """A native run of five steps."""
    model_dir = tmp_path_factory.mktemp("native") / "model"
    finish(run("pali_tf.train", model_dir, "--gin.TRAIN_STEPS=5"))
    return model_dir


def start(model_dir):
    return f"--gin.INITIAL_CHECKPOINT_PATH='{model_dir / 'checkpoint_5'}'"


@pytest.fixture(scope="module")
def unbroken(run, native, tmp_path_factory):
    """T5X's unmodified train.py, ten steps from the native checkpoint."""
    model_dir = tmp_path_factory.mktemp("unbroken") / "model"
    log = finish(
        run(
            upstream(),
            model_dir,
            "--gin_file=gin/runs/infer_eval.gin",
            "--gin.TRAIN_STEPS=10",
            "--gin.EVAL_PERIOD=10",
            start(native),
        )
    )
    return model_dir, log


def test_upstream_trains_evaluates_and_saves(unbroken):
    model_dir, log = unbroken
    assert sorted(t5x_losses(log)) == list(range(1, 11))
    assert "collection=training_eval/pali_tiny" in log
    assert {path.name for path in model_dir.iterdir()} >= {
        "checkpoint_5",
        "checkpoint_10",
        "config.gin",
        "inference_eval",
        "model-info.txt",
    }
    scores = model_dir / "inference_eval" / "vq2a_cc3m35l_vqa-metrics.jsonl"
    (line,) = map(json.loads, scores.read_text().splitlines())
    assert line["step"] == 10
    assert {"exact_match", "blind/exact_match"} <= line.keys()


def test_every_curve_is_of_a_task_of_the_run_and_has_values(unbroken):
    tasks = set(pretraining.TINY_RATES)
    for folder in ("train", "training_eval/pali_tiny"):
        lines = event_files.read_numbers(unbroken[0] / folder, faults := [])
        assert faults == []
        names = {name for line in lines for name in line}
        kinds = ("loss/", "accuracy/", "examples/")
        assert {
            name.partition("/")[2] for name in names if name.startswith(kinds)
        } == tasks
        assert not any(math.isnan(v) for line in lines for v in line.values())


def test_both_engines_have_the_same_losses(run, native, unbroken, tmp_path):
    finish(
        run(
            "pali_tf.train",
            tmp_path,
            "--gin.TRAIN_STEPS=10",
            start(native),
        )
    )
    ours = native_losses(tmp_path)
    theirs = t5x_losses(unbroken[1])
    assert len(ours) == 10
    for step, loss in ours.items():
        assert theirs[step] == pytest.approx(loss, rel=TOLERANCE), step


def test_a_killed_run_continues_with_the_same_losses(
    run, native, unbroken, tmp_path
):
    ten_steps = ("--gin.TRAIN_STEPS=10", start(native))
    first = run(
        LAUNCHER, tmp_path, *ten_steps, kill_at=tmp_path / "checkpoint_5"
    )
    assert first.returncode == -signal.SIGKILL
    assert first.stderr.startswith("engine: t5x (t5x.train)\n")
    assert len(list(tmp_path.glob("running-*.json"))) == 1
    other = run(LAUNCHER, tmp_path, *ten_steps, "--gin.RANDOM_SEED=1")
    assert "holds another run: seed was 0 and is 1 (--gin.R" in other.stderr
    second = finish(run(LAUNCHER, tmp_path, *ten_steps))
    resumed = t5x_losses(second)
    assert sorted(resumed) == list(range(6, 11))
    assert t5x_losses(first.stderr) | resumed == t5x_losses(unbroken[1])
    assert not list(tmp_path.glob("running-*.json"))


def test_the_native_engine_starts_from_t5x(run, native, unbroken, tmp_path):
    model_dir, _ = unbroken
    one_step = ("--gin.TRAIN_STEPS=1", start(model_dir))
    finish(run("pali_tf.train", tmp_path / "native", *one_step))
    log = finish(run(upstream(), tmp_path / "t5x", *one_step))
    ours = native_losses(tmp_path / "native")
    assert ours[1] == pytest.approx(t5x_losses(log)[1], rel=TOLERANCE)
    drawn = native_losses(native)
    assert abs(ours[1] - drawn[1]) > 1e-3


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def approximately(line):
    return {
        name: pytest.approx(value, rel=1e-6)
        if isinstance(value, float)
        else value
        for name, value in line.items()
    }


@pytest.mark.parametrize("maker", ["native", "t5x"])
def test_upstream_evaluates_as_pali_eval(
    run, native, unbroken, tmp_path, maker
):
    # The latest checkpoint of either engine's MODEL_DIR.
    checkpoint = {"native": native, "t5x": unbroken[0]}[maker]
    for program in ("pali_tf.cli eval", upstream("eval.py")):
        finish(
            run(
                program,
                "unused",
                "--gin_file=gin/runs/eval.gin",
                "--gin.MIXTURE_OR_TASK_NAME='pali_highres'",
                f"--gin.CHECKPOINT_PATH='{checkpoint}'",
                f"--gin.EVAL_OUTPUT_DIR='{tmp_path / program[-4:]}'",
            )
        )
    ours = sorted((tmp_path / "eval" / "inference_eval").glob("*.jsonl"))
    assert len(ours) == 2 * len(pretraining.HIGHRES_RATES)
    for path in ours:
        theirs = tmp_path / "l.py" / "inference_eval" / path.name
        assert read_lines(theirs) == [*map(approximately, read_lines(path))]


@pytest.mark.parametrize("mode", ["predict", "score"])
def test_upstream_infers_as_pali_infer(run, native, tmp_path, mode):
    for program in ("pali_tf.cli infer", upstream("infer.py")):
        finish(
            run(
                program,
                "unused",
                "--gin_file=gin/runs/infer.gin",
                "--gin.MIXTURE_OR_TASK_NAME='pali_highres'",
                f"--gin.MODE='{mode}'",
                f"--gin.CHECKPOINT_PATH='{native}'",
                f"--gin.INFER_OUTPUT_DIR='{tmp_path / program[-4:]}'",
            )
        )
    for task in pretraining.HIGHRES_RATES:
        (path,) = (tmp_path / "nfer").glob(f"{task}-*.jsonl")
        theirs = tmp_path / "r.py" / f"{task}-{mode}.jsonl-00000-of-00001"
        ours = read_lines(path)
        if mode == "predict":
            # T5X gives it where MODE is "predict_with_aux" alone.
            assert all(line.pop("score") for line in ours)
        assert read_lines(theirs) == [*map(approximately, ours)]


def test_no_engine_resumes_the_other(run, native, unbroken):
    theirs, _ = unbroken
    process = run("pali_tf.train", theirs, "--gin.TRAIN_STEPS=12")
    assert process.returncode == 2
    assert "is T5X's, which our engine cannot resume" in process.stderr
    process = run(upstream(), native, "--gin.TRAIN_STEPS=12")
    assert process.returncode != 0
    assert "is the native engine's, which T5X cannot resume" in process.stderr


@pytest.mark.parametrize("name", ["adamw", "lion"])
def test_other_optimizers_step_as_natively(run, native, tmp_path, name):
    more = (
        f"--gin_file=gin/optimizers/{name}.gin",
        "--gin.TRAIN_STEPS=4",
        start(native),
    )
    finish(run("pali_tf.train", tmp_path / "native", *more))
    log = finish(run(upstream(), tmp_path / "t5x", *more))
    theirs = t5x_losses(log)
    for step, loss in native_losses(tmp_path / "native").items():
        assert theirs[step] == pytest.approx(loss, rel=TOLERANCE), step


def test_scanned_stacks_on_two_devices(run, native, unbroken, tmp_path):
    log = finish(
        run(
            upstream(),
            tmp_path,
            "--gin.SCAN_LAYERS=True",
            "--gin.NUM_PARTITIONS=2",
            "--gin.TRAIN_STEPS=4",
            start(native),
            environment={
                "XLA_FLAGS": "--xla_force_host_platform_device_count=2"
            },
        )
    )
    expected = t5x_losses(unbroken[1])
    for step, loss in t5x_losses(log).items():
        assert loss == pytest.approx(expected[step], rel=1e-4), step


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            (
                "--gin_file=gin/partitioning/fsdp.gin",
                "--gin.NUM_FSDP_PARTITIONS=2",
            ),
            "PjitPartitioner.num_fsdp_partitions is 2, which T5X's engine",
        ),
        (
            ("--gin_file=gin/optimizers/ema.gin",),
            "T5X's trainer keeps no moving average",
        ),
        (
            ("--gin.train_eval/runtime.DatasetConfig.num_examples=2",),
            "DatasetConfig.num_examples is 2, which T5X's engine",
        ),
    ],
    ids=["fsdp", "ema", "num_examples"],
)
def test_what_t5x_has_not_is_told(run, tmp_path, more, message):
    process = run(upstream(), tmp_path, "--gin.TRAIN_STEPS=2", *more)
    assert process.returncode != 0
    assert message in process.stderr


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
