"""`pali sample-data`: writes the sample, or keeps the one that is there."""

import argparse
import contextlib
import dataclasses
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tqdm

from pali_tf.webli import atomic
from pali_tf.webli.sample import world
from pali_tf.webli.sample.config import LEVELS, SampleConfig

CONFIG_FILE = "sample.json"


def main(argv: Sequence[str]) -> int:
    """Runs the command and returns its exit code."""
    arguments = _parse(argv)
    # Inherited by the workers: no banner from each of them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    config = world.make_config(
        level=arguments.level,
        seed=arguments.seed,
        num_train=arguments.num_images,
        num_validation=arguments.num_validation,
        num_test=arguments.num_test,
    )
    output_dir = arguments.output_dir.absolute()
    if is_complete(output_dir, config):
        print(f"Kept {output_dir}: it holds this sample already.")
        return 0
    # They take seconds to import, and all answers above need none of them.
    from pali_tf.webli.sample import pipeline, summary

    content = {"config": dataclasses.asdict(config), "is_complete": False}
    atomic.write_json(output_dir / CONFIG_FILE, content)
    atomic.remove_leftovers(output_dir)
    started = time.monotonic()
    with _progress(output_dir, config):
        pipeline.run(config, output_dir, arguments.num_workers)
    atomic.write_json(output_dir / CONFIG_FILE, content | {"is_complete": True})
    seconds = time.monotonic() - started
    print(summary.describe(output_dir, config, seconds))
    return 0


def is_complete(output_dir: Path, config: SampleConfig) -> bool:
    """Whether `output_dir` holds all of this sample.

    Raises:
        ValueError: it holds something else, which is not to be written over.
    """
    if not output_dir.exists() or not any(output_dir.iterdir()):
        return False
    path = output_dir / CONFIG_FILE
    if not path.is_file():
        raise ValueError(
            f"{output_dir} is not empty and holds no generated sample. Give "
            "another --output_dir."
        )
    found = json.loads(path.read_text())
    # As JSON would give it back: tuples are lists there.
    wanted = json.loads(json.dumps(dataclasses.asdict(config)))
    if found["config"] != wanted:
        raise ValueError(
            f"{output_dir} holds another sample "
            f"({_differences(found['config'], wanted)}). Give another "
            "--output_dir, or remove this one first."
        )
    return found["is_complete"]


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    return ", ".join(
        f"{key}: {found.get(key)} there, {wanted.get(key)} asked for"
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key)
    )


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    defaults = SampleConfig()
    parser = argparse.ArgumentParser(
        prog="pali sample-data",
        description="Writes a generated sample of WebLI: pictures of shapes "
        "and printed words, with ground truth for all pre-training tasks.",
    )
    parser.add_argument("--output_dir", type=Path, required=True)
    parser.add_argument(
        "--num_images",
        type=int,
        default=defaults.num_train,
        help="images to train on (default: %(default)s)",
    )
    parser.add_argument(
        "--num_validation",
        type=int,
        default=defaults.num_validation,
        help="(default: %(default)s)",
    )
    parser.add_argument(
        "--num_test",
        type=int,
        default=defaults.num_test,
        help="images of combinations never seen in training "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default=defaults.level,
        help="grid: learned in minutes; free: varied sizes, textures, "
        "overlaps, scripts (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument(
        "--num_workers",
        type=int,
        default=os.cpu_count(),
        help="processes; the bytes do not depend on it (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    if arguments.num_workers < 1:
        raise ValueError(
            f"--num_workers is {arguments.num_workers}; at least 1 is needed."
        )
    return arguments


@contextlib.contextmanager
def _progress(output_dir: Path, config: SampleConfig) -> Iterator[None]:
    """Shows, on standard error, how many shards are in place."""
    total = sum(config.num_shards(split) for split in config.split_sizes())
    started = time.time()
    done = threading.Event()

    def count() -> int:
        # A shard takes its name when it is whole; `text` closes last.
        return sum(
            path.stat().st_mtime >= started
            for path in (output_dir / "text").glob("*.tfrecord-*")
        )

    with tqdm.tqdm(total=total, unit="shard", desc="Writing images") as bar:

        def watch() -> None:
            is_last = False
            while not is_last:
                is_last = done.wait(0.5)
                if (new := count() - bar.n) > 0:
                    bar.update(new)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
