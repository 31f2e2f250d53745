"""Training as a user runs it: processes, real records, kills and restarts."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sentencepiece import sentencepiece_model_pb2

from pali_tf.conversion.array_parts import whole
from pali_tf.conversion.formats import open_source
from pali_tf.conversion.problems import Allowed
from pali_tf.conversion.reading import find_parameters
from pali_tf.conversion.transform import Sizes

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
NUM_STEPS = 20
PATIENCE_SECONDS = 300


def command(
    data_dir,
    model_dir,
    *more,
    script=("-m", "pali_tf.train"),
    run="pali_tiny.gin",
):
    return [
        sys.executable,
        *script,
        f"--gin_file=gin/{run}",
        f"--gin.DATA_DIR='{data_dir}'",
        f"--gin.MODEL_DIR='{model_dir}'",
        f"--gin.TRAIN_STEPS={NUM_STEPS}",
        "--gin.BATCH_SIZE=8",
        "--gin.STATS_PERIOD=1",
        "--gin.CHECKPOINT_PERIOD=5",
        "--gin.EVAL_PERIOD=20",
        "--gin.EVAL_STEPS=2",
        "--gin.DROPOUT_RATE=0.1",
        *more,
    ]


def environment(**more):
    return os.environ | {"JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "jax"} | more


def finish(arguments, **more):
    return subprocess.run(
        arguments,
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def interrupt(arguments, model_dir, *, at_step, number):
    """Signals a run once it has logged a step; it speaks to the file `said`."""
    lines = model_dir / "train" / "metrics.jsonl"
    with open(model_dir.with_name("said"), "w") as stderr:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment(), stderr=stderr
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            if lines.is_file() and f'"step": {at_step},' in lines.read_text():
                process.send_signal(number)
                return process.wait(PATIENCE_SECONDS)
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    raise AssertionError(f"The run never came to step {at_step}.")


def losses(model_dir, name="train"):
    """The lines of a run without what depends on the clock."""
    text = (model_dir / name / "metrics.jsonl").read_text()
    return [
        {k: v for k, v in json.loads(line).items() if "per_second" not in k}
        for line in text.splitlines()
    ]


@pytest.fixture(scope="module")
def unbroken(data_dir, tmp_path_factory):
    model_dir = tmp_path_factory.mktemp("unbroken") / "model"
    result = finish(command(data_dir, model_dir))
    assert result.returncode == 0, result.stderr[-3000:]
    return model_dir


def test_what_a_run_leaves(unbroken):
    assert {path.name for path in unbroken.iterdir()} >= {
        "config.gin",
        "environment.json",
        "model-info.txt",
        "checkpoint_20",
        "train",
        "training_eval",
    }
    assert [line["step"] for line in losses(unbroken)] == list(
        range(1, NUM_STEPS + 1)
    )
    config = (unbroken / "config.gin").read_text()
    assert "BATCH_SIZE = 8" in config
    assert "rsqrt_normalized_decay" in config
    info = (unbroken / "model-info.txt").read_text()
    assert "vision/blocks_0" in info or "vision/" in info
    assert (unbroken / "training_eval" / "vq2a_cc3m35l_vqa").is_dir()


def test_killed_and_stopped_runs_end_with_the_same_losses(
    data_dir, unbroken, tmp_path
):
    model_dir = tmp_path / "model"
    arguments = command(data_dir, model_dir)
    killed = interrupt(arguments, model_dir, at_step=8, number=signal.SIGKILL)
    assert killed == -signal.SIGKILL
    assert not (model_dir / "checkpoint_20").exists()
    stopped = interrupt(arguments, model_dir, at_step=13, number=signal.SIGTERM)
    assert stopped == 128 + signal.SIGTERM
    said = (tmp_path / "said").read_text()
    assert "is saved. The same command continues." in said
    assert "In call to configurable" not in said
    assert not list(model_dir.glob("running-*"))
    result = finish(arguments)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "Resuming" in result.stderr
    assert losses(model_dir) == losses(unbroken)


def test_eight_devices_in_a_four_by_two_mesh_give_the_same_losses(
    data_dir, unbroken, tmp_path
):
    arguments = command(
        data_dir,
        tmp_path / "model",
        "--gin.NUM_PARTITIONS=2",
        "--gin.TRAIN_STEPS=4",
        "--gin.DROPOUT_RATE=0.1",
    )
    flags = "--xla_force_host_platform_device_count=8"
    result = finish(arguments, XLA_FLAGS=flags)
    assert result.returncode == 0, result.stderr[-3000:]
    info = (tmp_path / "model" / "model-info.txt").read_text()
    assert "mesh: {'data': 4, 'fsdp': 1, 'model': 2}" in info
    for sharded, single in zip(
        losses(tmp_path / "model"), losses(unbroken), strict=False
    ):
        assert sharded["loss"] == pytest.approx(single["loss"], rel=1e-4)


def parameters(model_dir):
    """Those of a run's latest checkpoint, by name."""
    _, source, names = open_source(model_dir, None, Allowed())
    found = find_parameters(source, names, sizes=Sizes())
    return {
        name: found.read(name, whole(shape))
        for name, shape in found.shapes.items()
    }


def test_phase_two_starts_from_phase_one_at_a_larger_image(
    data_dir, unbroken, tmp_path
):
    arguments = command(
        data_dir,
        tmp_path / "model",
        f"--gin.INITIAL_CHECKPOINT_PATH='{unbroken}'",
        "--gin.TRAIN_STEPS=2",
        "--gin.EVAL_PERIOD=0",
        # It ends where it starts.
        "--gin.PEAK_LEARNING_RATE=0.0",
        run="pali_tiny_highres.gin",
    )
    result = finish(arguments)
    assert result.returncode == 0, result.stderr[-3000:]
    info = (tmp_path / "model" / "model-info.txt").read_text()
    assert "frozen: 0 arrays" in info
    before, after = parameters(unbroken), parameters(tmp_path / "model")
    assert set(before) == set(after)
    for name, values in before.items():
        if name == "vision/position_embedding/embedding":
            # 96 pixels are 6 by 6 patches; phase 1 had 4 by 4.
            assert (values.shape[0], after[name].shape[0]) == (16, 36)
        else:
            # Its schedule ends above 0, by a hair.
            np.testing.assert_allclose(values, after[name], atol=1e-7)
    first, _ = losses(tmp_path / "model")
    assert set(first) >= {"loss/webli_ocr", "loss/cc3m35l_captioning"}


def test_fine_tuning_falls_to_zero(data_dir, unbroken, tmp_path):
    arguments = command(
        data_dir,
        tmp_path / "model",
        "--gin_file=gin/runs/finetune.gin",
        f"--gin.INITIAL_CHECKPOINT_PATH='{unbroken}'",
        "--gin.MIXTURE_OR_TASK_NAME='vq2a_cc3m35l_vqa'",
        "--gin.TRAIN_STEPS=4",
        "--gin.EVAL_PERIOD=0",
    )
    result = finish(arguments)
    assert result.returncode == 0, result.stderr[-3000:]
    rates = [line["learning_rate"] for line in losses(tmp_path / "model")]
    assert rates == pytest.approx([1e-4, 7.5e-5, 5e-5, 2.5e-5])


def after_training(program, data_dir, unbroken, output_dir, *more):
    output = {"eval": "EVAL_OUTPUT_DIR", "infer": "INFER_OUTPUT_DIR"}[program]
    arguments = [
        *(sys.executable, "-m", "pali_tf.cli", program),
        "--gin_file=gin/pali_tiny.gin",
        f"--gin_file=gin/runs/{program}.gin",
        f"--gin.DATA_DIR='{data_dir}'",
        f"--gin.CHECKPOINT_PATH='{unbroken}'",
        f"--gin.{output}='{output_dir}'",
        "--gin.MIXTURE_OR_TASK_NAME='vq2a_cc3m35l_vqa'",
        "--gin.NUM_EXAMPLES=6",
        *more,
    ]
    result = finish(arguments)
    assert result.returncode == 0, result.stderr[-3000:]
    return result


def read_json_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_evaluation_of_the_latest_checkpoint(data_dir, unbroken, tmp_path):
    result = after_training(
        "eval", data_dir, unbroken, tmp_path, "--gin.EVAL_BATCH_SIZE=4"
    )
    assert "Step 20, split test" in result.stdout
    folder = tmp_path / "inference_eval"
    (scores,) = read_json_lines(folder / "vq2a_cc3m35l_vqa-metrics.jsonl")
    assert scores["step"] == 20
    assert {"exact_match", "blind/exact_match"} <= scores.keys()
    lines = read_json_lines(folder / "vq2a_cc3m35l_vqa-000020.jsonl")
    assert len(lines) == 6
    assert {"prediction", "blind_prediction", "score"} <= lines[0].keys()


def test_predictions_and_scores_of_a_split(data_dir, unbroken, tmp_path):
    found = {}
    for mode in ("predict", "score"):
        after_training(
            "infer",
            data_dir,
            unbroken,
            tmp_path / mode,
            f"--gin.MODE='{mode}'",
            "--gin.INFER_BATCH_SIZE=4",
            "--gin.SPLIT='validation'",
        )
        (path,) = (tmp_path / mode).iterdir()
        assert path.name == "vq2a_cc3m35l_vqa-validation-000020.jsonl"
        found[mode] = read_json_lines(path)
    assert len(found["predict"]) == len(found["score"]) == 6
    assert "prediction" in found["predict"][0]
    assert all(line["score"] < 0 for line in found["score"])
    assert [line["input"] for line in found["predict"]] == [
        line["input"] for line in found["score"]
    ]


def test_another_run_in_its_folder_is_refused(data_dir, unbroken):
    before = sorted(path.name for path in unbroken.iterdir())
    result = finish(
        command(
            data_dir,
            unbroken,
            "--gin.TRAIN_STEPS=30",
            "--gin.BATCH_SIZE=16",
            "--gin.IMAGE_SIZE=96",
            "--gin.MIXTURE_OR_TASK_NAME='vq2a_cc3m35l_vqa'",
        )
    )
    assert result.returncode == 2
    told = result.stderr.splitlines()[-1]
    assert f"{unbroken} holds another run: " in told
    assert "image_size was 64 and is 96 (--gin.IMAGE_SIZE)" in told
    assert "mixture was 'pali_tiny' and is 'vq2a_cc3m35l_vqa'" in told
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in unbroken.iterdir()) == before


@pytest.fixture(scope="module")
def other_words(data_dir, tmp_path_factory):
    """The data with another vocabulary of the same size."""
    path = tmp_path_factory.mktemp("other") / "data"
    shutil.copytree(data_dir, path)
    file = path / "vocabulary" / "sentencepiece.model"
    model = sentencepiece_model_pb2.ModelProto.FromString(file.read_bytes())
    first, second = model.pieces[300], model.pieces[301]
    first.piece, second.piece = second.piece, first.piece
    file.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("program", "run", "checkpoint", "output"),
    [
        ("train", None, "INITIAL_CHECKPOINT_PATH", "MODEL_DIR"),
        ("eval", "eval", "CHECKPOINT_PATH", "EVAL_OUTPUT_DIR"),
        ("save-preset", "preset", "CHECKPOINT_PATH", "PRESET_DIR"),
        ("export", "export", "CHECKPOINT_PATH", "EXPORT_DIR"),
    ],
)
def test_tokens_of_another_vocabulary_are_refused(
    other_words, unbroken, tmp_path, program, run, checkpoint, output
):
    arguments = [
        *(sys.executable, "-m", "pali_tf.cli", program),
        "--gin_file=gin/pali_tiny.gin",
        *([f"--gin_file=gin/runs/{run}.gin"] if run else []),
        f"--gin.DATA_DIR='{other_words}'",
        f"--gin.{checkpoint}='{unbroken}'",
        f"--gin.{output}='{tmp_path / 'out'}'",
    ]
    result = finish(arguments)
    assert result.returncode == 2, result.stderr[-3000:]
    assert "was trained with another vocabulary" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_in_the_place_of_its_folder_is_told_at_once(data_dir, tmp_path):
    (tmp_path / "file").write_text("")
    result = finish(command(data_dir, tmp_path / "file"))
    assert result.returncode == 2
    told = f"MODEL_DIR {tmp_path / 'file'} cannot be written to: it is a file"
    assert told in result.stderr.splitlines()[-1]
    assert "Compiled" not in result.stderr


def test_the_launcher_says_which_engine_runs(data_dir, tmp_path):
    arguments = command(
        data_dir, tmp_path, "--dry_run", script=("t5x/train.py",)
    )
    result = finish(arguments)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stderr.startswith("engine: native")
    assert "trains 1,328,896 of 2,024,448 numbers" in result.stderr
    assert not (tmp_path / "train").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--gin.TRAIN_STEP=5", "did you mean 'TRAIN_STEPS'"),
        ("--gin.DATA_DIR='/nowhere'", "no data folder /nowhere"),
        ("--gin.MIXTURE_OR_TASK_NAME='pali_tinny'", "did you mean 'pali_tiny'"),
        ("--gin.INITIAL_CHECKPOINT_PATH='/no'", "No checkpoint at /no"),
        ("--gin.TRAINABLE='speech/.*'", "matches no parameter"),
        ("--gin.NUM_PARTITIONS=3", "3, which does not divide 1 devices"),
    ],
)
def test_a_mistake_is_told_in_one_line(data_dir, tmp_path, more, message):
    result = finish(command(data_dir, tmp_path / "model", more, "--dry_run"))
    assert result.returncode == 2
    assert message in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
