"""Training on stored tokens, as a user runs it, beside training on images."""

import json

import pytest

from pali_tf.commands import train
from tests.support import stored_examples, stored_tokens

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def plain_log(monkeypatch):
    monkeypatch.setattr("pali_tf.run.program_log.set_up", lambda: None)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    stored_examples.write_data(root / "images")
    vision = stored_tokens.save_vision(root / "vision")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pali_tf.run.program_log.set_up", lambda: None)
        for dtype in ("bfloat16", "int8"):
            stored_tokens.store(
                root / "images",
                root / dtype,
                vision,
                f"--dtype={dtype}",
                "--splits=train,validation",
            )
    return root


def run(root, name, *more, data="images", tokens=False):
    files = ["gin/pali_tiny.gin"]
    if tokens:
        files.append("gin/runs/visual_tokens.gin")
        more = (f"--gin.NUM_VISUAL_TOKENS={stored_tokens.NUM_TOKENS}", *more)
    train.main(
        [
            *(f"--gin_file={file}" for file in files),
            f"--gin.DATA_DIR='{root / data}'",
            f"--gin.MODEL_DIR='{root / name}'",
            f"--gin.INITIAL_CHECKPOINT_PATH='{root / 'vision'}'",
            f"--gin.IMAGE_SIZE={stored_tokens.IMAGE_SIZE}",
            "--gin.DTYPE='bfloat16'",
            "--gin.BATCH_SIZE=4",
            "--gin.TRAIN_STEPS=4",
            "--gin.STATS_PERIOD=1",
            "--gin.EVAL_PERIOD=4",
            "--gin.EVAL_STEPS=2",
            *more,
        ]
    )


def losses(root, name):
    lines = [
        json.loads(line)
        for file in ("train", "training_eval")
        for line in (root / name / file / "metrics.jsonl")
        .read_text()
        .splitlines()
    ]
    return [line["loss"] for line in lines]


def test_losses_are_those_of_images(root):
    run(root, "on_images")
    run(root, "on_bfloat16", data="bfloat16", tokens=True)
    run(root, "on_int8", data="int8", tokens=True)
    on_images = losses(root, "on_images")
    assert len(on_images) == 5
    # The ViT computed in bfloat16, so nothing is lost in its tokens.
    assert losses(root, "on_bfloat16") == on_images
    on_int8 = losses(root, "on_int8")
    assert on_int8 != on_images
    assert on_int8 == pytest.approx(on_images, rel=0.02)


def test_another_vit_is_refused_with_both_digests(root):
    other = stored_tokens.save_vision(root / "other", seed=1)
    with pytest.raises(
        ValueError, match=r"by the ViT [0-9a-f]{64}; this run's is [0-9a-f]{64}"
    ):
        run(
            root,
            "mismatch",
            f"--gin.INITIAL_CHECKPOINT_PATH='{other}'",
            data="bfloat16",
            tokens=True,
        )


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--gin.TRAINABLE='.*'", r"TRAINABLE '\.\*' trains vision/"),
        ("--gin.IMAGE_SIZE=64", r"of images of 32 pixels.*of 64 pixels"),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_once(root, flag, message):
    with pytest.raises(ValueError, match=message):
        run(root, "never", flag, "--dry_run", data="bfloat16", tokens=True)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
