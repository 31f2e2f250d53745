"""A whole small run with every path in a bucket, against one on a disk."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from pali_tf import cli, files
from tests.support.import_files import encode

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).parents[2]
MIXTURE = "{'captioning:shop': 1, 'webli_ocr': 1}"
PATIENCE_SECONDS = 300


def pali(*arguments):
    assert cli.main(["--debug", *arguments]) == 0


def start(program, *macros):
    """Starts a program that reads a gin file, in a process of its own."""
    command = [sys.executable, "-m", "pali_tf.cli", program]
    command += ["--gin_file=gin/pali_tiny.gin"]
    if program != "train":
        command += [f"--gin_file=gin/runs/{program}.gin"]
    command += [f"--gin.{macro}" for macro in macros]
    command += [f'--gin.MIXTURE_OR_TASK_NAME="{MIXTURE}"'] * (
        program != "export"
    )
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    environment.pop("KERAS_BACKEND")
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, said[-3000:]
    return said


def prepare(folder):
    """Makes the data of a run, some generated and some of a user's files."""
    pali(
        *("sample-data", f"--output_dir={folder}/data", "--num_workers=1"),
        *("--num_images=24", "--num_validation=8", "--num_test=8"),
    )
    for split in ("train", "test"):
        photos = files.as_path(folder) / "photos" / split
        for number in range(8):
            name = f"{split} {number}"
            image, text = photos / f"{name}.jpg", photos / f"{name}.txt"
            files.write_whole(image, encode(seed=number))
            files.write_whole(text, f"a thing of colour {number}")
        pali(
            *("import", "--from=folder", f"--input={photos}"),
            *(f"--data_dir={folder}/data", "--source=shop"),
            *(f"--split={split}", "--num_shards=2"),
        )


def train(folder):
    return start(
        "train",
        f"DATA_DIR='{folder}/data'",
        f"MODEL_DIR='{folder}/model'",
        "TRAIN_STEPS=12",
        "BATCH_SIZE=8",
        "STATS_PERIOD=1",
        "CHECKPOINT_PERIOD=4",
        "EVAL_PERIOD=0",
    )


def kill_after_its_first_save(process, folder):
    saved = files.as_path(folder) / "model" / "checkpoint_4" / "digests.json"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not saved.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def json_lines(path):
    return [
        {k: v for k, v in json.loads(line).items() if "per_second" not in k}
        for line in files.as_path(path).read_text().splitlines()
    ]


@pytest.fixture(scope="module")
def on_a_disk(tmp_path_factory):
    """The losses of the run on a disk, never killed."""
    folder = tmp_path_factory.mktemp("disk")
    prepare(folder)
    finish(train(folder))
    return json_lines(folder / "model" / "train" / "metrics.jsonl")


@pytest.mark.parametrize("storage", ["s3", "gs"], indirect=True)
def test_a_whole_run_in_a_bucket(storage, on_a_disk):
    root = files.as_path(storage)
    prepare(storage)
    pali("index", f"--data_dir={storage}/data")
    pali(
        *("inspect", f"--mixture={MIXTURE}", f"--data_dir={storage}/data"),
        *("--num_examples=8", f"--output={storage}/inspect.html"),
    )
    assert "captioning:shop" in (root / "inspect.html").read_text()

    kill_after_its_first_save(train(storage), storage)
    assert "Resuming" in finish(train(storage))
    found = json_lines(root / "model" / "train" / "metrics.jsonl")
    assert found == on_a_disk

    after = [
        f"DATA_DIR='{storage}/data'",
        f"CHECKPOINT_PATH='{storage}/model'",
    ]
    finish(
        start(
            *("eval", *after, f"EVAL_OUTPUT_DIR='{storage}/scores'"),
            *("NUM_EXAMPLES=4", "EVAL_BATCH_SIZE=4"),
        )
    )
    (scores,) = json_lines(
        root / "scores" / "inference_eval" / "webli_ocr-metrics.jsonl"
    )
    assert scores["step"] == 12

    pali("report", f"{storage}/model", f"--data_dir={storage}/data")
    assert "<svg" in (root / "model" / "report.html").read_text()

    checkpoint = f"{storage}/model/checkpoint_12"
    flat, back = f"{storage}/pali.safetensors", f"{storage}/back"
    pali("convert", checkpoint, flat, "--target_format=pali-safetensors")
    pali("convert", flat, back)
    assert files.list_files(files.as_path(back))

    finish(start("export", *after, f"EXPORT_DIR='{storage}/export'"))
    version = root / "export" / "pali" / "1"
    assert (version / "saved_model.pb").exists()


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
