"""The whole demo at its smallest: every stage, every file, real processes."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TASKS = {
    "text_span_corruption",
    "webli_split_captioning",
    "cc3m35l_captioning",
    "webli_ocr",
    "vq2a_cc3m35l_vqa",
    "vq2a_cc3m35l_vqg",
    "openimages_object_aware_vqa",
    "object_detection",
}


@pytest.mark.slow
def test_smoke_plan_goes_from_nothing_to_served_answers(
    tmp_path: pathlib.Path,
):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pali_tf.cli",
            "demo",
            "--plan=smoke",
            f"--output_dir={tmp_path}",
        ],
        cwd=ROOT,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        check=True,
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["tasks"]) == TASKS
    for task, scores in metrics["tasks"].items():
        has_blind = any(name.startswith("blind/") for name in scores)
        assert has_blind == (task != "text_span_corruption"), task
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert {answer["task"] for answer in answers} == TASKS - {
        "text_span_corruption"
    }
    # The SavedModel's own process gives the text of the evaluation on JAX.
    assert [a["text"] for a in answers] == [a["prediction"] for a in answers]
    report = (tmp_path / "report.html").read_text()
    for task in TASKS:
        assert task in report


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
