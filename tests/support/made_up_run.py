"""A MODEL_DIR with made-up numbers, in the form that a real run leaves."""

import json
import math
import pathlib
import random
from typing import Any

from pali_tf.checkpoints import digests
from pali_tf.run.metric_writer import EventFile

TASKS = (
    "text_span_corruption",
    "webli_split_captioning",
    "cc3m35l_captioning",
    "webli_ocr",
    "vq2a_cc3m35l_vqa",
    "vq2a_cc3m35l_vqg",
    "openimages_object_aware_vqa",
    "object_detection",
)
LANGUAGES = ("en", "fr", "de", "es", "ru", "el", "tr", "id", "zh", "ja", "hi")


def write_lines(path: pathlib.Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines)
    path.write_text(text, encoding="utf-8")


def write_training(folder: pathlib.Path, *, steps: int, period: int) -> None:
    """Writes train/metrics.jsonl of a run whose loss falls."""
    random.seed(0)
    lines = []
    for step in range(period, steps + 1, period):
        share = step / steps
        line: dict[str, Any] = {
            "step": step,
            "loss": 0.8 + 3.5 * math.exp(-4 * share) + random.gauss(0, 0.1),
            "gradient_norm": 1 + 4 * math.exp(-3 * share),
            "learning_rate": 0.01 * min(step / 200, (200 / step) ** 0.5),
            "images_per_second": 118 + random.gauss(0, 5),
            "tokens_per_second": 9000 + random.gauss(0, 200),
            "steps_per_second": 3.7 + random.gauss(0, 0.1),
        }
        for index, task in enumerate(TASKS):
            decay = math.exp(-(2 + index / 3) * share)
            line[f"loss/{task}"] = 0.5 + 4 * decay + random.gauss(0, 0.15)
            line[f"accuracy/{task}"] = 1 - 0.8 * decay + random.gauss(0, 0.02)
            line[f"examples/{task}"] = 32 * step // 8
        lines.append(line)
    write_lines(folder / "train/metrics.jsonl", lines)


def write_validation(folder: pathlib.Path, *, steps: list[int]) -> None:
    """Writes training_eval/: of all tasks, and of each."""
    for place in ("", *TASKS):
        lines = [
            {"step": step, "loss": 1 + 100 / step, "accuracy": 0.5}
            for step in steps
        ]
        write_lines(folder / "training_eval" / place / "metrics.jsonl", lines)


def write_session(
    folder: pathlib.Path, *, start_step: int, last_step: int
) -> None:
    """Writes the event file of a process that trained."""
    with EventFile(folder / "train", start_step) as events:
        for step in range(start_step + 1, last_step + 1):
            events.write(step, {"loss": 1 / step})


def write_predictions(
    folder: pathlib.Path, task: str, *, steps: list[int], right: list[int]
) -> None:
    """Writes evaluations: the prediction is the target from a step on.

    Args:
        folder: MODEL_DIR.
        task: Of the evaluations.
        steps: Evaluated ones.
        right: For each example, the step from which on it is right.
    """
    place = folder / "inference_eval"
    write_lines(
        place / f"{task}-metrics.jsonl",
        [
            {
                "step": step,
                "exact_match": sum(r <= step for r in right) / len(right),
                "blind/exact_match": 0.1,
            }
            for step in steps
        ],
    )
    for step in steps:
        lines = [
            {
                "example_id": f"scene-{index}",
                "input": f"Answer in EN: how many of kind {index}?",
                "target": f"{index} of them",
                "prediction": f"{index} of them"
                if since <= step
                else f"guess {step}",
            }
            for index, since in enumerate(right)
        ]
        write_lines(place / f"{task}-{step:06d}.jsonl", lines)


def write_checkpoint(folder: pathlib.Path, step: int) -> None:
    """Writes a folder that looks like a whole checkpoint, without arrays."""
    path = folder / f"checkpoint_{step}"
    (path / "params").mkdir(parents=True)
    (path / "params" / "array").write_bytes(bytes(2_000_000))
    digests.write(path)


def write_vision(folder: pathlib.Path) -> None:
    """Writes the ViT's metrics: a main phase and two cool-downs."""
    lines = []
    for phase, steps in (
        ("main", range(50, 2001, 50)),
        ("resize", range(2050, 2801, 50)),
        ("crop", range(2050, 2801, 50)),
    ):
        offset = 0.02 if phase == "crop" else 0.0
        lines += [
            {
                "step": step,
                "phase": phase,
                "loss": 0.04 + offset + 0.3 * math.exp(-step / 600),
                "learning_rate": 1e-3,
                "images_per_second": 850.0,
            }
            for step in steps
        ]
    write_lines(folder / "train/metrics.jsonl", lines)


def write_evaluation(
    folder: pathlib.Path,
    task: str,
    *,
    metrics: dict[str, float],
    examples: list[dict[str, Any]],
    step: int,
) -> None:
    """Writes the two files of a task's evaluation."""
    place = folder / "inference_eval"
    write_lines(
        place / f"{task}-metrics.jsonl",
        [{"step": 1, "gone": 0.0}, {"step": step, **metrics}],
    )
    write_lines(place / f"{task}-{step:06d}.jsonl", examples)


def write_settings(folder: pathlib.Path) -> None:
    """Writes config.gin, model-info.txt and environment.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.gin").write_text("TRAIN_STEPS = 2600\n")
    (folder / "model-info.txt").write_text("connector/kernel (128, 128)\n")
    (folder / "environment.json").write_text(
        json.dumps(
            {
                "git_commit": "0123abc",
                "python": "3.11.7",
                "packages": {"jax": "0.10.2", "keras": "3.15.1"},
            }
        )
    )
