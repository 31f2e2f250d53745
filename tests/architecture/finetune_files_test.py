"""The files of gin/finetune, read as train.py reads them."""

import pytest

import gin
from pali_tf import runtime
from pali_tf.commands import gin_flags, train
from tests.support.repository import ROOT, files, name

# Steps, peak rate, resolution. Source: PaLI section 4, and the appendix's table
# "Hyper-parameters used in fine-tuning experiments".
PAPER = {
    "coco": (20_000, 3e-5, 490),
    "textcaps": (10_000, 1e-4, 490),
    "vizwiz_captioning": (5_000, 1e-4, 490),
    "vqav2": (20_000, 1e-4, 490),
    "textvqa": (5_000, 1e-4, 490),
    "vizwiz_vqa": (5_000, 1e-4, 490),
    "okvqa": (5_000, 3e-5, 490),
    "stvqa": (5_000, 1e-4, 490),
}
# Of these the paper states the resolution, or nothing.
RESOLUTION = {"coco_35l": 224, "vqav2_13l": 378, "tallyqa": 490}
TEXT = ("xnli", "xquad", "tydiqa")
FILES = sorted(files(".gin", "gin/finetune"))


@pytest.fixture(autouse=True)
def clean():
    yield
    gin.clear_config()


def load(path):
    argv = [
        f"--gin_file={ROOT / 'gin/pali_3b.gin'}",
        f"--gin_file={path}",
        "--gin.MODEL_DIR='run'",
        "--gin.INITIAL_CHECKPOINT_PATH='checkpoint'",
    ]
    flags = gin_flags.parse_flags("train", "", argv)
    gin_flags.load(flags, train.__name__)


def macro(key):
    return gin.query_parameter(f"%{key}")


def test_there_is_a_file_for_each_benchmark():
    assert {path.stem for path in FILES} == {*PAPER, *RESOLUTION, *TEXT}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_reads_after_a_size_and_has_the_papers_numbers(path):
    load(path)
    assert macro("BATCH_SIZE") == 256
    assert macro("DROPOUT_RATE") == 0.1
    found = (
        macro("TRAIN_STEPS"),
        macro("PEAK_LEARNING_RATE"),
        macro("IMAGE_SIZE"),
    )
    if path.stem in PAPER:
        assert found == PAPER[path.stem]
    elif path.stem in RESOLUTION:
        assert found[2] == RESOLUTION[path.stem]
    task = macro("MIXTURE_OR_TASK_NAME")
    assert runtime.mixture(task).name == task
    assert path.read_text().count("\n") <= 30


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
