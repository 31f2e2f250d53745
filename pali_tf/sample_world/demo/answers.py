"""Serves the exported model and asks it about test images over gRPC."""

import contextlib
import json
import pathlib
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from pali_tf.errors import UserError
from pali_tf.sample_world.demo.runner import (
    StageFailedError,
    child_environment,
    pali_command,
)
from pali_tf.sample_world.demo.stages import Folders
from pali_tf.webli.read import read_split
from serving.client.client import PaliClient, ServerError

_SOURCE = "webli"
_SPLIT = "test"
_EXAMPLES_A_TASK = 4
_NOT_AN_IMAGE = b"These bytes are no image."


@contextlib.contextmanager
def serving(base_path: pathlib.Path, log_path: pathlib.Path) -> Iterator[str]:
    """Runs `pali serve` for the time of the context.

    Args:
        base_path: the folder of the model's versions.
        log_path: of what the server says.

    Yields:
        "host:port".

    Raises:
        StageFailedError: the server ended before it served.
    """
    command = pali_command(
        ["serve", f"--model_base_path={base_path}", "--port=0"]
    )
    with log_path.open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=child_environment(),
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            address = re.search(r" on (\S+:\d+)$", line.strip())
            if address is None:
                raise StageFailedError(
                    f"The server did not start; see {log_path}."
                )
            yield address.group(1)
        finally:
            process.terminate()
            process.wait()


def ask_test_examples(folders: Folders, server: str) -> list[dict[str, Any]]:
    """Asks what the evaluation asked, and keeps both answers.

    Args:
        folders: of the run; its predictions name the examples.
        server: "host:port".

    Returns:
        One dict a question: image_source_id, task, prompt, target,
        prediction (of the evaluation, on JAX), text (of the server), score,
        latency_ms.
    """
    wanted = list(_predictions(folders))
    images = _images(folders, {line["example_id"] for line in wanted})
    answers = []
    with PaliClient(server) as client:
        for line in wanted:
            start = time.monotonic()
            [answer] = client.predict(
                [images[line["example_id"]]], [line["input"]]
            )
            answers.append(
                {
                    "image_source_id": line["example_id"],
                    "task": line["task"],
                    "prompt": line["input"],
                    "target": line["target"],
                    "prediction": line["prediction"],
                    "text": answer.text,
                    "score": answer.score,
                    "latency_ms": 1000 * (time.monotonic() - start),
                }
            )
    return answers


def refusal_of_a_non_image(server: str) -> str:
    """Sends bytes that are no image, and gives what the server says.

    Raises:
        StageFailedError: the server took them.
    """
    with PaliClient(server) as client:
        try:
            client.predict([_NOT_AN_IMAGE], ["Answer in EN: what?"])
        except ServerError as error:
            return str(error)
    raise StageFailedError("The server took bytes that are no image.")


def _predictions(folders: Folders) -> Iterator[dict[str, Any]]:
    """The first examples with an image of each task's latest predictions."""
    folder = folders.model / "inference_eval"
    for metrics in sorted(folder.glob("*-metrics.jsonl")):
        task = metrics.name.removesuffix("-metrics.jsonl")
        latest = sorted(folder.glob(f"{task}-[0-9]*.jsonl"))[-1]
        lines = map(json.loads, latest.read_text().splitlines())
        with_image = (line for line in lines if "blind_prediction" in line)
        for _, line in zip(range(_EXAMPLES_A_TASK), with_image, strict=False):
            yield {**line, "task": task}


def _images(folders: Folders, source_ids: set[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for example in read_split(folders.data, _SOURCE, _SPLIT):
        if example.image is not None and example.image.source_id in source_ids:
            found[example.image.source_id] = example.image.encoded
    if missing := sorted(source_ids - found.keys()):
        raise UserError(
            f"No image in {folders.data / _SOURCE} for {missing[:3]}."
        )
    return found
