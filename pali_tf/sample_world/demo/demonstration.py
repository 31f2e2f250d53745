"""All of the demo in order, from nothing to served answers and a report."""

import dataclasses
import json
import time
from collections.abc import Mapping

from pali_tf import json_files
from pali_tf.errors import MissingFileError
from pali_tf.evaluation.score_table import format_table
from pali_tf.sample_world.demo.plan import Plan
from pali_tf.sample_world.demo.runner import (
    StageFailedError,
    peak_memory_gib,
    run_stage,
)
from pali_tf.sample_world.demo.stages import Folders, Stage, make_stages


def run(plan: Plan, folders: Folders) -> None:
    """Runs every stage, serves what came of them and writes the scores."""
    stages = make_stages(plan, folders)
    seconds: dict[str, float] = {}
    for number, stage in enumerate(stages, start=1):
        _announce(number, len(stages) + 2, stage.name, stage.account)
        seconds[stage.name] = run_stage(stage, folders.logs)
        print(f"-- {stage.name}: {seconds[stage.name]:.0f} s", flush=True)
    _announce(
        len(stages) + 1,
        len(stages) + 2,
        "serve and ask",
        "Starts the gRPC server on the SavedModel and asks it about test "
        "images; then sends it something that is no image.",
    )
    start = time.monotonic()
    _serve_and_ask(folders)
    seconds["serve"] = time.monotonic() - start
    table = _read_scores(folders)
    json_files.write(
        folders.metrics,
        {
            "tasks": table,
            "plan": dataclasses.asdict(plan),
            "stages": [
                {"name": name, "seconds": took}
                for name, took in seconds.items()
            ],
            "total_seconds": sum(seconds.values()),
            "peak_memory_gib": peak_memory_gib(),
        },
    )


def _serve_and_ask(folders: Folders) -> None:
    # TensorFlow comes in here, after the stages that need the memory.
    from pali_tf.sample_world.demo import answers

    # export/<model name>/<version>
    [base_path] = [p for p in folders.export.iterdir() if p.is_dir()]
    with answers.serving(base_path, folders.logs / "serve.log") as server:
        given = answers.ask_test_examples(folders, server)
        refusal = answers.refusal_of_a_non_image(server)
        again = answers.ask_test_examples(folders, server)
    json_files.write(folders.answers, given)
    same = sum(answer["text"] == answer["prediction"] for answer in given)
    print(f"{same} of {len(given)} served answers equal the evaluation's.")
    print(f"No image: {refusal}")
    if [a["text"] for a in again] != [a["text"] for a in given]:
        raise StageFailedError(
            "The server answers differently after a bad request."
        )


def write_report(
    plan: Plan, folders: Folders, others: Mapping[str, Folders]
) -> None:
    """Writes the report of a run, beside those of other plans by name."""
    table = _read_scores(folders)
    run_stage(
        Stage(
            name="report",
            account="",
            arguments=(
                str(folders.model),
                f"--data_dir={folders.data}",
                f"--vision_dir={folders.vision}",
                f"--answers={folders.answers}",
                "--title=PaLI on the generated sample of WebLI",
                f"--output={folders.report}",
                *(f"--compare={n}={f.model}" for n, f in others.items()),
            ),
        ),
        folders.logs,
    )
    print(
        f"\nThe {plan.level} world, combinations never seen in training:\n"
        f"{format_table(table)}\n\nReport: {folders.report}",
        flush=True,
    )


def _announce(number: int, total: int, name: str, account: str) -> None:
    print(f"\n[{number}/{total}] {name}\n{account}\n", flush=True)


def _read_scores(folders: Folders) -> dict[str, dict[str, float]]:
    """Gives the latest metrics of every task that was evaluated.

    Returns:
        task -> metric -> value; the blind control's are "blind/<metric>".
    """
    folder = folders.model / "inference_eval"
    scores = {}
    for path in sorted(folder.glob("*-metrics.jsonl")):
        line = json.loads(path.read_text().splitlines()[-1])
        line.pop("step", None)
        scores[path.name.removesuffix("-metrics.jsonl")] = line
    if not scores:
        raise MissingFileError(f"No metrics in {folder}: run the eval stage.")
    return scores
